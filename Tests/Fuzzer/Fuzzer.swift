// SPDX-License-Identifier: Apache-2.0

import Fuzzing

// The program around libFuzzer: chooses the target, and leaves the rest, options included, to libFuzzer.

/// Of libFuzzer, which comes with the compiler and has no module.
@_silgen_name("LLVMFuzzerRunDriver")
private func runLibFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Set once, before the first input.
nonisolated(unsafe) private var target: FuzzTarget?

/// The name that the package manager gives to an executable's `main`; a `main` made by Swift could not hand the arguments on
/// as libFuzzer wants them.
@_cdecl("fuzzer_main")
func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    // `--target=NAME`: libFuzzer passes over what begins with two dashes.
    let option = "--target="
    for argument in CommandLine.arguments where argument.hasPrefix(option) {
        unsafe target = FuzzTarget.all.first { $0.name == argument.dropFirst(option.count) }
    }
    guard unsafe target != nil else {
        print("name a target: \(option)\(FuzzTarget.all.map(\.name).joined(separator: "|"))")
        return 2
    }
    var (count, arguments) = unsafe (count, arguments)
    return unsafe runLibFuzzer(&count, &arguments) { start, count in
        let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        do {
            try unsafe target?.run(input)
        } catch {
            fatalError("\(error)")
        }
        return 0
    }
}
