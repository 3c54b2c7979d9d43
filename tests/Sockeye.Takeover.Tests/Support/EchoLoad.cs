using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Takeover.Tests.Support;

/// <summary>Clients that send numbers all the time and check each answer: half of them bytes, half of them messages.</summary>
/// <param name="ports">The ports of a node, as it prints them.</param>
internal sealed class EchoLoad(string ports) : IDisposable
{
    /// <summary>The time between an answer and the next request, so that many clients leave the processors to others.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly IPEndPoint[] _endpoints =
    [
        .. ports.Split(',').Index().Select(one => new IPEndPoint(
            IPAddress.Parse($"127.0.0.{one.Index + 1}"), int.Parse(one.Item, CultureInfo.InvariantCulture))),
    ];

    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _clients = [];
    private int _lost;
    private int _failedConnects;
    private int _wrong;
    private long _answers;
    private long _connects;
    private long _slowest;

    /// <summary>The number of connections that ended before the load did.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public int FailedConnects => Volatile.Read(ref _failedConnects);

    /// <summary>The number of answers that were not what was sent.</summary>
    public int Wrong => Volatile.Read(ref _wrong);

    public long Answers => Interlocked.Read(ref _answers);

    public TimeSpan SlowestAnswer => TimeSpan.FromTicks(Interlocked.Read(ref _slowest));

    public long Connects => Interlocked.Read(ref _connects);

    /// <summary>Opens connections that stay.</summary>
    public async Task ConnectAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var kind = i % _endpoints.Length;
            if (await TryConnectAsync(kind) is { } socket)
                _clients.Add(Task.Run(() => TalkAsync(socket, kind)));
        }
    }

    /// <summary>Connects all the time, with one exchange each.</summary>
    public void Visit() => _clients.Add(Task.Run(async () =>
    {
        for (var kind = 0; !_ending.IsCancellationRequested; kind = (kind + 1) % _endpoints.Length)
        {
            if (await TryConnectAsync(kind) is not { } socket)
                continue;
            using (socket)
            {
                if (!await TryExchangeAsync(socket, kind, 1))
                    Interlocked.Increment(ref _lost);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }));

    /// <summary>Ends it, and waits for the last answers.</summary>
    /// <exception cref="TimeoutException">A client is served by none.</exception>
    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(TestWait.Limit, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _ending.Dispose();

    private static void InterlockedMax(ref long maximum, long value)
    {
        for (var known = Interlocked.Read(ref maximum); value > known;)
            known = Interlocked.CompareExchange(ref maximum, value, known) is var seen && seen == known ? value : seen;
    }

    private async Task<Socket?> TryConnectAsync(int kind)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_endpoints[kind]);
            Interlocked.Increment(ref _connects);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            Interlocked.Increment(ref _failedConnects);
            return null;
        }
    }

    private async Task TalkAsync(Socket socket, int kind)
    {
        using (socket)
        {
            for (var number = 1L; !_ending.IsCancellationRequested; number++)
            {
                if (!await TryExchangeAsync(socket, kind, number))
                {
                    Interlocked.Increment(ref _lost);
                    return;
                }

                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }

    /// <summary>Sends a number, which comes back; in a message, beside the count of all messages of the connection.</summary>
    private async Task<bool> TryExchangeAsync(Socket socket, int kind, long number)
    {
        var sent = new byte[(kind + 1) * sizeof(long)];
        var (expected, received) = (new byte[sent.Length], new byte[sent.Length]);
        BinaryPrimitives.WriteInt64LittleEndian(sent, number);
        for (var i = 0; i <= kind; i++)
            BinaryPrimitives.WriteInt64LittleEndian(expected.AsSpan(i * sizeof(long)), number);
        var begun = TimeProvider.System.GetTimestamp();
        try
        {
            await socket.SendAsync(sent);
            for (var count = 0; count < received.Length;)
            {
                var size = await socket.ReceiveAsync(received.AsMemory(count));
                if (size == 0)
                    return false;
                count += size;
            }
        }
        catch (SocketException)
        {
            return false;
        }

        if (!received.AsSpan().SequenceEqual(expected))
            Interlocked.Increment(ref _wrong);
        InterlockedMax(ref _slowest, TimeProvider.System.GetElapsedTime(begun).Ticks);
        Interlocked.Increment(ref _answers);
        return true;
    }
}
