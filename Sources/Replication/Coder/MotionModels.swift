// The models that all blocks of motion share: what each is asked, where it is in the one array that
// a block begins with, and (in MotionModels+Initial) what it thinks before it has seen anything.
//
// A block begins with the initial models and ends with whatever they have learnt, which is then
// forgotten: it depends on its keyframe and on nothing that might have been lost.

/// Where the models of blocks are. A row of an integer takes thirty (see IntegerModel).
enum MotionModels {
    /// Whether a slot moved: by the keyframe's age, and by 4 for who moved in the keyframe.
    static let moved = 0
    /// By whether the slot moved in the keyframe, as are the velocity's whole steps.
    static let velocityChanges = 8
    static let stops = 10
    static let wholeSteps = 11
    /// By whether the velocity changes.
    static let atOnce = 13
    static let placeIsOff = 15
    static let tilts = 16
    static let sameLargest = 17
    /// By whether the slot moved in the keyframe, and by 2 whether it moves now.
    static let animationChanges = 18
    static let animationIsOdd = 22
    // Members that are told whole.
    static let plain = 26
    static let foreign = 27
    static let otherKind = 28
    static let moves = 29
    static let memberTilts = 30
    /// By whether the member moves.
    static let memberAnimationIsOdd = 31

    static let minor = IntegerModel(first: 33)
    static let major = IntegerModel(first: 63)
    static let started = IntegerModel(first: 93)
    static let rise = IntegerModel(first: 123)
    static let onset = IntegerModel(first: 153)
    static let lateness = IntegerModel(first: 183)
    /// Four rows, by how far the prediction has gone.
    static let along = 213
    static let across = IntegerModel(first: 333)
    static let height = IntegerModel(first: 363)
    static let following = IntegerModel(first: 393)
    static let turning = IntegerModel(first: 423)
    static let component = IntegerModel(first: 453)
    static let number = IntegerModel(first: 483)
    static let level = IntegerModel(first: 513)
    static let speed = IntegerModel(first: 543)
    static let climb = IntegerModel(first: 573)
    static let facing = IntegerModel(first: 603)
    static let standing = IntegerModel(first: 633)

    static let count = 663

    /// The model that is asked whether somebody moved since a keyframe of an age in ticks.
    @inline(__always)
    static func moved(_ age: UInt32, isMoving: Bool) -> Int {
        let ageClass =
            switch age {
            case 0...1: 0
            case 2...3: 1
            case 4...7: 2
            default: 3
            }
        return moved &+ ageClass &+ (isMoving ? 4 : 0)
    }

    /// The row for an error along the way of a prediction that has gone so far, in position units.
    @inline(__always)
    static func along(_ distance: Int64) -> IntegerModel {
        // Safe: 0 to 3, for distances up to 4, 8, 16 and beyond.
        let digits = 64 &- distance.magnitude.leadingZeroBitCount
        return IntegerModel(first: along &+ IntegerModel.modelCount &* max(0, min(3, digits &- 2)))
    }
}
