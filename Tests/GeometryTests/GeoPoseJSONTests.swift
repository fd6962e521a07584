import CairnBasics
import CairnGeometry
import Testing

private let place = #""position":{"lat":47.5,"lon":-122.25,"h":11.5}"#
private let quaternion = #""quaternion":{"x":0,"y":0,"z":0,"w":1}"#
private let angles = #""angles":{"yaw":181.325,"pitch":2,"roll":-1e-3}"#

@Suite struct GeoPoseJSONTests {
    @Test func bothBasicFormsAreRead() throws {
        let turned = try GeoPose(json: "{\(place),\(angles)}")
        #expect(turned.position.latitudeDegrees == 47.5)
        #expect(turned.position.longitudeDegrees == -122.25)
        #expect(turned.position.heightMetres == 11.5)
        #expect(abs(turned.angles.yawDegrees - (181.325 - 360)) < 1e-9)
        #expect(abs(turned.angles.pitchDegrees - 2) < 1e-9)
        let plain = try GeoPose(json: "{\(quaternion),\(place)}")
        #expect(plain.rotation == .identity)
    }

    @Test(arguments: [
        "{\(place),\(quaternion)}",
        " {\n\t\(place) , \r\n \(quaternion) } ",
        "{\(quaternion),\(place)}",
        #"{"position":{"lat":47.5,"lon":-122.25,"h":11.5,"d":["W",{"a":null}]},\#(quaternion)}"#,
        #"{"\u0070osition":{"l\u0061t":475E-1,"lon":-1.2225e+2,"h":11.50},\#(quaternion)}"#,
        #"{\#(place),"quaternion":{"x":0,"y":-0.0,"z":0e5,"w":1.00001}}"#,
    ])
    func theStrictFormLetsInWhatTheStandardDoes(text: String) throws {
        let pose = try GeoPose(json: text, as: .basicQuaternionStrict)
        #expect(pose.position.latitudeDegrees == 47.5)
        #expect(pose.position.longitudeDegrees == -122.25)
        #expect(pose.rotation.angle(to: .identity) == 0)
        #expect(abs(pose.rotation.norm - 1) < 1e-15)
    }

    @Test func otherMembersAreForThePermissiveFormsOnly() throws {
        let text =
            #"{"id":"🗿\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00",\#(place),\#(quaternion),"t":[1,[true]]}"#
        _ = try GeoPose(json: text, as: .basicQuaternion)
        #expect(throws: GeoPoseError.notAllowed("id")) {
            try GeoPose(json: text, as: .basicQuaternionStrict)
        }
        let both = "{\(place),\(quaternion),\(angles)}"
        #expect(throws: GeoPoseError.notAllowed("angles")) {
            try GeoPose(json: both, as: .basicQuaternionStrict)
        }
        #expect(try GeoPose(json: both).rotation == .identity, "the quaternion counts")
        #expect(try GeoPose(json: both, as: .basicYPR).rotation != .identity)
    }

    @Test(arguments: [
        ("", GeoPoseError.notJSON(offset: 0)),
        ("[]", .notJSON(offset: 0)),
        ("{\(place),\(quaternion)", .notJSON(offset: 86)),
        ("{\(place),\(quaternion)} x", .notJSON(offset: 88)),
        ("{\(place),\(quaternion),}", .notJSON(offset: 87)),
        ("{\(place) \(quaternion)}", .notJSON(offset: 48)),
        (#"{"position":{"lat":047,"lon":0,"h":0}}"#, .notJSON(offset: 20)),
        (#"{"position":{"lat":+7,"lon":0,"h":0}}"#, .notJSON(offset: 19)),
        (#"{"position":{"lat":NaN,"lon":0,"h":0}}"#, .notJSON(offset: 19)),
        (#"{"position":{"lat":1.,"lon":0,"h":0}}"#, .notJSON(offset: 21)),
        (#"{"position":{"lat":.5,"lon":0,"h":0}}"#, .notJSON(offset: 19)),
        (#"{"position":{"lat":0x10,"lon":0,"h":0}}"#, .notJSON(offset: 20)),
        (#"{"a":"\ud800"}"#, .notJSON(offset: 7)),
        (#"{"a":"\x41"}"#, .notJSON(offset: 7)),
        ("{\"a\":\"\n\"}", .notJSON(offset: 6)),
        (#"{"a":"open"#, .notJSON(offset: 10)),
        (#"{"a":tru}"#, .notJSON(offset: 8)),
        ("{}", .missing("position")),
        ("{\(quaternion)}", .missing("position")),
        ("{\(place)}", .missing("quaternion")),
        (#"{"position":{"lat":1,"lon":2},\#(quaternion)}"#, .missing("position.h")),
        ("{\(place),\"quaternion\":{\"x\":0,\"y\":0,\"z\":0}}", .missing("quaternion.w")),
        ("{\(place),\(place),\(quaternion)}", .repeated("position")),
        (#"{"position":{"lat":1,"lat":1}}"#, .repeated("position.lat")),
        (#"{"position":[1,2,3],\#(quaternion)}"#, .wrongType("position")),
        (#"{"position":{"lat":"47","lon":0,"h":0}}"#, .wrongType("position.lat")),
        (#"{"position":{"lat":null,"lon":0,"h":0}}"#, .wrongType("position.lat")),
        (#"{"position":{"lat":90.001,"lon":0,"h":0},\#(quaternion)}"#, .outOfRange("position.lat")),
        (#"{"position":{"lat":0,"lon":-181,"h":0},\#(quaternion)}"#, .outOfRange("position.lon")),
        (#"{"position":{"lat":0,"lon":0,"h":-7e6},\#(quaternion)}"#, .outOfRange("position.h")),
        (#"{"position":{"lat":0,"lon":0,"h":1e999},\#(quaternion)}"#, .outOfRange("position.h")),
        ("{\(place),\"quaternion\":{\"x\":1,\"y\":0,\"z\":0,\"w\":0.5}}", .notUnit),
        ("{\(place),\"quaternion\":{\"x\":0,\"y\":0,\"z\":0,\"w\":0}}", .notUnit),
        (#"{"longitude":1,"latitude":2,"height":3}"#, .preStandard("longitude")),
        (#"{\#(place),"ypr":[1,2,3]}"#, .preStandard("ypr")),
    ])
    func badTextsAreRefusedWithTheirReason(text: String, reason: GeoPoseError) {
        #expect(throws: reason) { try GeoPose(json: text) }
        #expect(!reason.description.isEmpty)
    }

    @Test func nestingAndLengthAreBounded() {
        let deep = "{\"a\":" + String(repeating: "[", count: 2_000)
        #expect(throws: GeoPoseError.tooDeep(offset: 21)) { try GeoPose(json: deep) }
        let long = "{\"a\":\"" + String(repeating: "x", count: 5_000) + "\"}"
        #expect(throws: GeoPoseError.tooLong(byteCount: 5_008)) { try GeoPose(json: long) }
    }

    @Test(arguments: 0..<50)
    func whatIsWrittenIsReadBack(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let pose = GeoPose(
            position: random.place(heights: -5_000_000...30_000_000), rotation: random.rotation())
        let exact = try GeoPose(
            json: pose.json(as: .basicQuaternionStrict), as: .basicQuaternionStrict)
        #expect(exact.position == pose.position)
        #expect(exact.rotation.angle(to: pose.rotation) < 1e-15)
        let angles = try GeoPose(json: pose.json(as: .basicYPR), as: .basicYPR)
        #expect(angles.position == pose.position)
        #expect(angles.rotation.angle(to: pose.rotation) < 1e-12)
    }

    @Test func textsWithFlippedCutAndInsertedBytesNeverTrap() {
        var random = SeededRandom(seed: 9)
        let alphabet = Array(#"{}[]":,.-+eE0159\u"nulltrue "#.utf8) + [0, 0x7f, 0xc3, 0xff]
        let seeds = ["{\(place),\(quaternion)}", "{\(place),\(angles),\"x\":[\"\\ud83d\\ude00\"]}"]
        var refused = 0
        for round in 0..<20_000 {
            var bytes = Array(seeds[round % 2].utf8)
            for _ in 0..<(1 + random.index(below: 4)) {
                let index = random.index(below: bytes.count)
                let byte = alphabet[random.index(below: alphabet.count)]
                switch random.index(below: 4) {
                case 0: bytes[index] = byte
                case 1: bytes.insert(byte, at: index)
                case 2: bytes.remove(at: index)
                default: bytes.removeLast(min(bytes.count - 1, random.index(below: 8)))
                }
            }
            do {
                let pose = try GeoPose(json: String(decoding: bytes, as: UTF8.self))
                #expect(abs(pose.rotation.norm - 1) < 1e-12)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 10_000)
    }
}
