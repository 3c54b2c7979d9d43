using System.Buffers;

namespace Sockeye.Cli;

/// <summary>The connections that get standard input.</summary>
internal interface IInputReceivers
{
    /// <summary>Completes when all of them have room for more. False: none of them took it.</summary>
    Task<bool> SendAsync(ReadOnlySequence<byte> bytes);

    /// <summary>Standard input has ended.</summary>
    Task EndAsync();

    /// <summary>Standard input cannot be read: what was sent of it is not all.</summary>
    void Fail(string reason);
}
