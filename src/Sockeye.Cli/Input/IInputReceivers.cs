using System.Buffers;

namespace Sockeye.Cli;

/// <summary>The connections that get standard input.</summary>
internal interface IInputReceivers
{
    /// <summary>Sends data to all. Completes when all have room for more. Returns false if none accepted the data.</summary>
    Task<bool> SendAsync(ReadOnlySequence<byte> bytes);

    /// <summary>Called when standard input has ended.</summary>
    Task EndAsync();

    /// <summary>Called when standard input cannot be read: the data sent so far is incomplete.</summary>
    void Fail(string reason);
}
