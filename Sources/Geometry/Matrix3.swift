/// A 3×3 matrix of doubles, by rows: the blocks that covariances are made of.
@frozen public struct Matrix3: Hashable, Sendable {
    public var row0: Vector3
    public var row1: Vector3
    public var row2: Vector3

    @inlinable public init(_ row0: Vector3, _ row1: Vector3, _ row2: Vector3) {
        self.row0 = row0
        self.row1 = row1
        self.row2 = row2
    }

    public static let zero = Matrix3(.zero, .zero, .zero)

    /// A matrix that has these values on its diagonal and zero elsewhere.
    public init(diagonal: Vector3) {
        self.init(
            Vector3(diagonal.x, 0, 0), Vector3(0, diagonal.y, 0), Vector3(0, 0, diagonal.z))
    }

    /// The matrix of a rotation: its columns are the turned axes.
    public init(_ rotation: Quaternion) {
        self.init(
            rotation.rotate(Vector3(1, 0, 0)), rotation.rotate(Vector3(0, 1, 0)),
            rotation.rotate(Vector3(0, 0, 1)))
        self = transpose
    }

    /// The matrix [v]× for which [v]× u = v × u.
    public init(crossProductOf vector: Vector3) {
        self.init(
            Vector3(0, -vector.z, vector.y), Vector3(vector.z, 0, -vector.x),
            Vector3(-vector.y, vector.x, 0))
    }

    /// Rows for columns.
    public var transpose: Matrix3 {
        Matrix3(
            Vector3(row0.x, row1.x, row2.x), Vector3(row0.y, row1.y, row2.y),
            Vector3(row0.z, row1.z, row2.z))
    }

    /// The sum of the diagonal.
    public var trace: Double { row0.x + row1.y + row2.z }

    public static func + (left: Matrix3, right: Matrix3) -> Matrix3 {
        Matrix3(left.row0 + right.row0, left.row1 + right.row1, left.row2 + right.row2)
    }
    public static func - (left: Matrix3, right: Matrix3) -> Matrix3 {
        Matrix3(left.row0 - right.row0, left.row1 - right.row1, left.row2 - right.row2)
    }
    public static func * (matrix: Matrix3, vector: Vector3) -> Vector3 {
        Vector3(matrix.row0.dot(vector), matrix.row1.dot(vector), matrix.row2.dot(vector))
    }
    public static func * (left: Matrix3, right: Matrix3) -> Matrix3 {
        let columns = right.transpose
        return Matrix3(columns * left.row0, columns * left.row1, columns * left.row2)
    }

    /// The largest eigenvalue of a symmetric matrix, in closed form (Smith, 1961).
    ///
    /// Of a covariance this is the variance along its worst direction.
    public var largestEigenvalue: Double {
        let mean = trace / 3
        let centred = self - Matrix3(diagonal: Vector3(mean, mean, mean))
        let spread =
            (centred.row0.squaredLength + centred.row1.squaredLength + centred.row2.squaredLength)
            / 6
        guard spread > 0 else { return mean }
        let scale = spread.squareRoot()
        let determinant = centred.row0.dot(centred.row1.cross(centred.row2))
        let cosineOfTriple = determinant / (2 * scale * scale * scale)
        return mean + 2 * scale * cosine(arcCosine(cosineOfTriple) / 3)
    }
}
