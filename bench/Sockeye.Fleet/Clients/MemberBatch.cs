using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Clients;

/// <summary>The connections of this process to one node.</summary>
internal sealed class MemberBatch(Tally tally, SemaphoreSlim progress)
{
    /// <summary>Handshakes at once; far below any accept queue, so that no SYN is dropped.</summary>
    private const int MaxConcurrent = 100;

    private long _received;
    private int _reached;

    public List<Member> Members { get; } = [];

    /// <summary>Whether its members receive what is said to their group.</summary>
    public bool Receives { get; private set; } = true;

    public int Reached => Volatile.Read(ref _reached);

    /// <summary>How many lines all members of the batch have received, on average, rounded down.</summary>
    public long Rounds => Interlocked.Read(ref _received) / Math.Max(1, Members.Count);

    /// <param name="factory">Opens the connections.</param>
    /// <param name="wire">Greets the node.</param>
    /// <param name="port">The port of the node.</param>
    /// <param name="count">How many connections.</param>
    /// <param name="group">The group that they join; "" for none.</param>
    /// <param name="userPrefix">The names of their users without the number; "" for no users.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public async Task OpenAsync(
        IConnectionFactory factory, IWire wire, int port, int count, string group, string userPrefix,
        CancellationToken cancellationToken)
    {
        Receives = !group.StartsWith(GroupNames.Outside);
        var endpoint = new IPEndPoint(IPAddress.Loopback, port);
        while (Members.Count < count)
        {
            var first = Members.Count;
            var opened = await Task.WhenAll(Enumerable.Range(first, Math.Min(MaxConcurrent, count - first)).Select(async index =>
            {
                var connection = await factory.ConnectAsync(endpoint, cancellationToken);
                await wire.GreetAsync(connection, group, userPrefix.Length == 0 ? "" : $"{userPrefix}{index}", cancellationToken);
                return new Member(connection, this, tally);
            }));
            Members.AddRange(opened);
            foreach (var member in opened)
                _ = member.ReceiveAsync();
        }
    }

    public void Begin() => Interlocked.Exchange(ref _received, 0);

    public void OnReached() => Interlocked.Increment(ref _reached);

    public void OnReceived()
    {
        if (Interlocked.Increment(ref _received) % Members.Count == 0)
            progress.Release();
    }
}
