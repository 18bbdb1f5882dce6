// SPDX-License-Identifier: Apache-2.0

/// Finds schemas that apply themselves to the very same value, and so would never come to an end.
enum SchemaLoops {
    static func check(_ nodes: [SchemaNode], dynamicAnchors: [[String: Int]]) throws(JSONSchemaError) {
        enum Mark { case new, open, done }
        var marks = [Mark](repeating: .new, count: nodes.count)
        for start in nodes.indices where marks[start] == .new {
            // Depth first, with a stack of our own: a chain of references may be as long as the schema is large.
            var stack: [(node: Int, targets: [Int])] = [(start, targets(of: nodes[start], dynamicAnchors))]
            marks[start] = .open
            while let top = stack.last {
                guard let target = top.targets.last else {
                    marks[top.node] = .done
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].targets.removeLast()
                switch marks[target] {
                case .open:
                    throw JSONSchemaError(
                        .endlessReference, at: nodes[target].location, "leads back to itself on the same value")
                case .new:
                    marks[target] = .open
                    stack.append((target, targets(of: nodes[target], dynamicAnchors)))
                case .done: break
                }
            }
        }
    }

    /// The nodes that a node applies to the same value, in any dynamic scope.
    private static func targets(of node: SchemaNode, _ dynamicAnchors: [[String: Int]]) -> [Int] {
        node.inPlace.flatMap { rule in
            switch rule {
            case .reference(let node), .not(let node): [node]
            case .dynamicReference(let node, let anchor): [node] + dynamicAnchors.compactMap { $0[anchor] }
            case .allOf(let nodes), .anyOf(let nodes), .oneOf(let nodes): nodes
            case .condition(let condition, let then, let otherwise): [condition, then, otherwise].compactMap(\.self)
            case .dependent(let schemas): schemas.map(\.node)
            }
        }
    }
}
