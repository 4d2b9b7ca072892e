extension ImageError {
    /// Whose fault it is, where somebody has to be blamed.
    package enum Blame: Equatable, Sendable {
        /// Of the image, or of who named it: no other machine of this kind would run it either.
        case image
        /// Of this machine, of its owner's settings, or of the way from here to a registry.
        case host
    }

    package var blame: Blame {
        switch self {
        case .notFound, .notAnImage, .unsupported, .digestMismatch, .tooLarge, .unsafeArchive, .unknownUser, .noCommand,
            .unusableConfig, .notPermitted, .notPinned:
            .image
        case .notPulled(_, let failure, _): failure.blame
        // Whoever asked for the end got it.
        case .cancelled: .image
        case .unsafeFile, .storeFull, .noUnpacker, .openWalls, .linux: .host
        }
    }
}

extension PullFailure {
    /// A registry that does not answer may be out of this machine's reach alone, so it is not held against the image.
    fileprivate var blame: ImageError.Blame {
        switch self {
        case .network, .blocked: .host
        case .missing, .unauthorized, .rejected, .damaged, .insecure: .image
        }
    }
}
