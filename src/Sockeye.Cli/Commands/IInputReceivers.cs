using System.Buffers;

namespace Sockeye.Cli;

/// <summary>The connections that get standard input.</summary>
internal interface IInputReceivers
{
    /// <summary>Completes when all have room for more. Returns false if none accepted the data.</summary>
    Task<bool> SendAsync(ReadOnlySequence<byte> bytes);

    /// <summary>Standard input has ended.</summary>
    Task EndAsync();

    /// <summary>Standard input cannot be read: the sent part is incomplete.</summary>
    void Fail(string reason);
}
