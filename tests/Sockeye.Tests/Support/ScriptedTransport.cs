using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>
/// A transport whose every lookup and attempt waits until the test answers it. Answers continue inline, on the thread of the
/// test, so that what a step causes has happened when the step returns.
/// </summary>
internal sealed class ScriptedTransport(ObservedTime time) : ILocalEndPointConnectionFactory, IHostNameResolver
{
    private readonly ConcurrentQueue<Attempt> _dials = new();
    private readonly ConcurrentQueue<Lookup> _lookups = new();

    /// <summary>Handles an attempt at once, instead of waiting for the test.</summary>
    public Action<Attempt>? OnAttempt { get; set; }

    /// <summary>Every connection that was ever opened.</summary>
    public ConcurrentQueue<MemoryConnection> Opened { get; } = new();

    /// <summary>Addresses of the machine of the client.</summary>
    public HashSet<IPAddress> OwnAddresses { get; } = [];

    public int OpenCount => Opened.Count(connection => !connection.IsDisposed);

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        StartAttempt(endpoint, null, cancellationToken);

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        StartAttempt(remote, local, cancellationToken);

    public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(
        string host, AddressFamily family, CancellationToken cancellationToken)
    {
        var lookup = new Lookup(host, family);
        cancellationToken.Register(() => lookup.Answered.TrySetCanceled(cancellationToken));
        _lookups.Enqueue(lookup);
        return new(lookup.Answered.Task);
    }

    public bool Owns(IPAddress address) => OwnAddresses.Contains(address);

    /// <summary>The attempt that has begun and was not taken yet.</summary>
    public Attempt NextAttempt() => TryNextAttempt() ?? throw new InvalidOperationException("No attempt has begun.");

    public Attempt? TryNextAttempt() => _dials.TryDequeue(out var attempt) ? attempt : null;

    public void AssertNoAttempt() => Assert.Empty(_dials.Select(attempt => attempt.EndPoint));

    public Lookup NextLookup(AddressFamily family)
    {
        Assert.True(_lookups.TryDequeue(out var lookup), "No lookup has begun.");
        Assert.Equal(family, lookup.Family);
        return lookup;
    }

    public void AssertNoLookup() => Assert.Empty(_lookups);

    private ValueTask<ConnectionContext> StartAttempt(EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        var attempt = new Attempt(this, remote, local, time.Elapsed, cancellationToken);
        if (OnAttempt is null)
            _dials.Enqueue(attempt);
        else
            OnAttempt(attempt);
        return new(attempt.Answered.Task);
    }

    internal sealed record Lookup(string Host, AddressFamily Family)
    {
        public TaskCompletionSource<IReadOnlyList<IPAddress>> Answered { get; } = new();

        public void Answer(params string[] addresses) => Assert.True(TryAnswer(addresses), "The lookup was cancelled.");

        public bool TryAnswer(string[] addresses) => Answered.TrySetResult([.. addresses.Select(IPAddress.Parse)]);

        public void Fail(SocketError error) => Answered.SetException(new SocketException((int)error));
    }

    internal sealed class Attempt
    {
        private readonly ScriptedTransport _transport;
        private readonly CancellationTokenRegistration _cancelled;

        public Attempt(
            ScriptedTransport transport, EndPoint endpoint, EndPoint? local, TimeSpan at, CancellationToken cancellationToken)
        {
            (_transport, EndPoint, Local, At) = (transport, endpoint, local, at);
            _cancelled = cancellationToken.Register(() =>
            {
                IsCancelled = true;
                if (!IgnoresCancellation)
                    Answered.TrySetCanceled(cancellationToken);
            });
        }

        public EndPoint EndPoint { get; }

        public EndPoint? Local { get; }

        /// <summary>When it began.</summary>
        public TimeSpan At { get; }

        public bool IsCancelled { get; private set; }

        public bool IgnoresCancellation { get; set; }

        public TaskCompletionSource<ConnectionContext> Answered { get; } = new();

        public void AssertBegan(string endpoint, int atMilliseconds) =>
            Assert.Equal((endpoint, atMilliseconds), ($"{EndPoint}", (int)At.TotalMilliseconds));

        /// <summary>Connects, and returns the server's side.</summary>
        public MemoryConnection Accept()
        {
            var (client, server) = MemoryConnection.CreatePair();
            _transport.Opened.Enqueue(client);
            _cancelled.Dispose();
            Answered.SetResult(client);
            return server;
        }

        public void Fail(SocketError error) => Answered.SetException(new SocketException((int)error));
    }
}
