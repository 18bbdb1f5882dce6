// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// The events of approvals as they are on disk. These texts are frozen: what was written once must be read for ever.
@Suite struct ApprovalEventTests {
    private static let id = "appr_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    private static let hash = "bbffb64c77fa1dc9b74ae69cac5e75f0b32cb06caf7a9ddd2f1c6fdbe2a0ea15"
    private static let requested = """
        {"approval_id":"\(id)","step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","action":{"kind":"external.write",\
        "target":"mail","arguments_hash":"\(hash)","arguments":{"to":"x"}},"summary":"Send it.",\
        "expires_at":"2026-11-21T05:00:00.000000Z","epoch":1,"status":"pending","version":1}
        """
    private static let plain = """
        {"approval_id":"\(id)","action":{"kind":"k","arguments_hash":"\(hash)","arguments":[]},\
        "expires_at":"2026-11-21T05:00:00.000000Z","status":"pending","version":1}
        """

    private static func answered(_ status: String, note: String, version: Int) -> String {
        """
        {"approval_id":"\(id)","arguments_hash":"\(hash)",\(note)"status":"\(status)","version":\(version)}
        """
    }

    @Test func `an approval that is held and then approved`() throws {
        let approval = try FrozenEvents.replay(
            ApprovalEvent.self,
            [
                ("approval.requested", Self.requested),
                ("approval.held", Self.answered("held", note: #""note":"Later.","#, version: 2)),
                ("approval.approved", Self.answered("approved", note: "", version: 3)),
            ])
        #expect(approval.status == .approved && approval.version == 3 && approval.note == nil && approval.epoch == 1)
        #expect(approval.runID == FrozenEvents.runID && approval.decidedAt == Timestamp(microseconds: 2_000_000))
        #expect(approval.action.arguments == Array(#"{"to":"x"}"#.utf8) && !approval.holdsRun)
    }

    @Test func `one that is denied, one that expires, one that is cancelled`() throws {
        let ends: [(String, String, ApprovalStatus)] = [
            ("approval.denied", Self.answered("denied", note: #""note":"No.","#, version: 2), .denied),
            ("approval.expired", #"{"approval_id":"\#(Self.id)","status":"expired","version":2}"#, .expired),
            (
                "approval.cancelled",
                #"{"approval_id":"\#(Self.id)","reason":"run_ended","status":"cancelled","version":2}"#, .cancelled
            ),
        ]
        for (type, text, status) in ends {
            let approval = try FrozenEvents.replay(
                ApprovalEvent.self, [("approval.requested", Self.plain), (type, text)])
            #expect(approval.status == status && approval.version == 2 && approval.epoch == nil)
            for decision in ApprovalDecision.allCases {
                #expect(throws: ApprovalError.notOpen(status)) {
                    try approval.decide(decision, note: nil, at: Timestamp(microseconds: 0))
                }
            }
        }
        #expect(ApprovalEvent.names.count == 6)
    }

    @Test func `an answer after the time is none`() throws {
        let approval = try FrozenEvents.replay(ApprovalEvent.self, [("approval.requested", Self.requested)])
        #expect(approval.holdsRun)
        #expect(throws: ApprovalError.tooLate) {
            try approval.decide(.approve, note: nil, at: approval.expiresAt)
        }
        #expect(
            try approval.decide(.deny, note: "n", at: approval.expiresAt + .seconds(-1)) == .denied(note: "n"))
    }

    @Test func `the hash is that of the canonical arguments, whatever their order and spelling`() throws {
        func hash(_ text: String) throws -> [UInt8] {
            Action(kind: "k", target: nil, arguments: try JSONValue.parse(text)).argumentsHash
        }
        #expect(try hash(#"{"b":1,"a":[2.0]}"#) == hash(#"{ "a" : [2], "b" : 1e0 }"#))
        #expect(try hash(#"{"a":1}"#) != hash(#"{"a":"1"}"#))
        #expect(
            Hex.text(try hash("{}")) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    }
}

/// The events of artifacts as they are on disk.
@Suite struct ArtifactEventTests {
    private static func text(_ middle: String) -> String {
        """
        {"artifact_id":"art_01ARZ3NDEKTSV4RRFFQ69G5FAV","step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","name":"a",\
        \(middle),"epoch":1}
        """
    }

    private static let hash = #""sha256":"00ff""#

    @Test(
        arguments: [
            (#""kind":"text","media_type":"text/plain","size":4,\#(hash),"content":"é\n\"""#, Array("é\n\"".utf8)),
            (#""kind":"json","media_type":"application/json","size":3,\#(hash),"content":[1]"#, Array("[1]".utf8)),
            (#""kind":"json","size":4,\#(hash),"content":null"#, Array("null".utf8)),
            (#""kind":"binary","media_type":"image/png","size":3,\#(hash),"content":"AP/+""#, [0, 255, 254]),
            (#""kind":"binary","media_type":"image/png","size":5000,\#(hash)"#, nil),
            (#""kind":"uri","uri":"https://example.org/x""#, nil),
        ] as [(String, [UInt8]?)])
    func `what is on disk is read and written back byte for byte`(middle: String, content: [UInt8]?) throws {
        let artifact = try FrozenEvents.replay(ArtifactEvent.self, [("artifact.created", Self.text(middle))])
        #expect(artifact.content == content && artifact.epoch == 1 && artifact.runID == FrozenEvents.runID)
    }

    @Test func `content that is none is refused by its member`() throws {
        let text = Self.text(#""kind":"binary","size":1,"content":"?""#)
        let body = EventBody(type: "artifact.created", object: try #require(try JSONValue.parse(text).object))
        let error = #expect(throws: EventDecodingError.self) {
            try ArtifactEvent(type: "artifact.created", body: body)
        }
        #expect(error?.member == "content" && ArtifactEvent.names == ["artifact.created"])
    }
}
