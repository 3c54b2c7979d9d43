using System.Buffers;

namespace Sockeye.Cli;

/// <summary>The sockets of <c>sockeye connect</c>, which all get all of standard input.</summary>
internal sealed class ConnectReceivers(IReadOnlyList<InputReceiver> takers) : IInputReceivers
{
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes) =>
        (await Task.WhenAll(takers.Select(taker => taker.SendAsync(bytes)))).Contains(true);

    public Task EndAsync() => Task.WhenAll(takers.Select(taker => taker.EndOutputAsync()));

    public void Fail(string reason)
    {
        foreach (var taker in takers)
            taker.Connection.Abort(CloseCause.Abort, reason);
    }
}
