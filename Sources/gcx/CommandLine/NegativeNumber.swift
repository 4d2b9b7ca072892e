/// The arguments as the parser takes them.
enum PlainArguments {
    /// - Parameter arguments: as they were typed.
    static func prepared(_ arguments: [String]) -> [String] { NegativeNumber.joined(BenchOutput.split(arguments)) }
}

/// Numbers such as `-1`, which the parser takes for options: it would say that a value is missing.
enum NegativeNumber {
    static func isOne(_ word: String) -> Bool {
        word.hasPrefix("-") && word.dropFirst().first.map { $0.isASCII && ($0.isNumber || $0 == ".") } ?? false
    }

    /// A negative number that is no option's value.
    static func alone(in walk: CommandWalk) -> String? {
        zip([""] + walk.words, walk.words).first { before, word in
            isOne(word) && walk.taking.option(before)?.kind != .option
        }?.1
    }

    /// The arguments with each negative number joined to the option before it (`--cores=-1`), so that it is refused for
    /// what it is.
    static func joined(_ arguments: [String]) -> [String] {
        guard arguments.contains(where: isOne), let root = CommandShape.all() else { return arguments }
        let taking = CommandWalk(root, arguments).taking
        var joined: [String] = []
        let own = arguments.prefix { $0 != "--" }
        for word in own {
            if isOne(word), let option = joined.last, option.hasPrefix("--"), taking.option(option)?.kind == .option {
                joined[joined.count - 1] = "\(option)=\(word)"  // bounded: there is a last one
            } else {
                joined.append(word)
            }
        }
        return joined + arguments.dropFirst(own.count)  // bounded: joins lists
    }
}
