using System.Buffers;

namespace Sockeye.Cli;

/// <summary>The connections of <c>sockeye connect</c>: each gets all of standard input.</summary>
internal sealed class ConnectReceivers(IReadOnlyList<InputReceiver> receivers) : IInputReceivers
{
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes) =>
        (await Task.WhenAll(receivers.Select(receiver => receiver.SendAsync(bytes)))).Contains(true);

    public Task EndAsync() => Task.WhenAll(receivers.Select(receiver => receiver.EndOutputAsync()));

    public void Fail(string reason)
    {
        foreach (var receiver in receivers)
            receiver.Connection.Abort(CloseCause.Abort, reason);
    }
}
