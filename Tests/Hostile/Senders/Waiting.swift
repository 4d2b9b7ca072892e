extension Sending {
    /// Cases whose mending is on its way: they are in the table and not yet tried. Empty when all are.
    package static let waiting: Set<String> = [
        // uploads
        "a pax header with the largest size there is",
        "an archive that ends its reader, written into an upload that was already looked through",
        // images
        "a layer that is a link to /dev/zero", "5,000 blobs", "ten indexes, each of the next", "an index in UTF-16",
        "a layer with devices", "a layer of a gigabyte of zeros, compressed",
        // answers
        "an output of another digest than the receipt's", "an output with a device that another reader sees",
        "an output with a pax header of the largest size", "an output without an entity tag",
        "an output without an end", "an output in chunks without an end",
        "a segment of a log that counts 2^64-1 bytes", "chunks of one byte without an end",
        "words that a terminal would obey, to `gcx job inspect`",
        "words that a terminal would obey, to `gcx job events`",
        "words that a terminal would obey, to `gcx agent status`",
        "words that a terminal would obey, to `gcx offer list`",
        "words that a terminal would obey, to `gcx offer show`", "an error in words that a terminal would obey",
        "a ledger's error in words that a terminal would obey",
        // connections
        "chunks that are none, to the ledger", "HEAD, to the agent", "HEAD, to the ledger",
        "1,100 silent connections, to the ledger", "1,100 connections that drip a header, to the ledger",
        "1,100 connections that never send their body, to the ledger", "1,100 silent connections, to the agent",
        "1,100 connections that drip a header, to the agent",
        "1,100 connections that never send their body, to the agent",
        "the largest pages of the journal, eight at once", "the largest pages of the journal, never read",
        "what is free of an offer with 200 leases, from 16 connections",
        "64 calls that wait for receipts, without an end of the connection",
        "200 documents in a row on one connection, each of a fresh key",
    ]
}
