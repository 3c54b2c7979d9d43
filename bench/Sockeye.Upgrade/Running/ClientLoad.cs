using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HdrHistogram;
using Sockeye.Comparison.CommandLine;

namespace Sockeye.Upgrade.Running;

/// <summary>Connections that exchange numbers all the time and check each answer, and clients that connect all the
/// time.</summary>
/// <param name="ports">The ports of the server: bytes come back from the first one, and messages, with a count, from the
/// second one.</param>
/// <param name="interval">The time between an answer and the next request of a connection.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientLoad(string ports, TimeSpan interval, TimeProvider time)
{
    private const int Visitors = 4;
    private const int ConnectingAtOnce = 100;
    private static readonly TimeSpan VisitInterval = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LastAnswer = TimeSpan.FromSeconds(30);

    private readonly IPEndPoint[] _endpoints =
    [
        .. ports.Split(',').Index().Select(one => new IPEndPoint(
            IPAddress.Parse($"127.0.0.{one.Index + 1}"), int.Parse(one.Item, CultureInfo.InvariantCulture))),
    ];

    private readonly LongHistogram _answers = new(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3);
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _visitsEnding = new();
    private readonly List<Task> _talks = [];
    private List<Task> _visits = [];
    private int _failedConnects;
    private int _lost;
    private int _wrong;
    private long _visited;

    public int FailedConnects => Volatile.Read(ref _failedConnects);

    /// <summary>The number of connections that ended before the load did.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public int Wrong => Volatile.Read(ref _wrong);

    public long Visits => Interlocked.Read(ref _visited);

    /// <summary>The times of answers in microseconds. Read it when the load has ended.</summary>
    public HistogramBase Answers => _answers;

    /// <summary>Opens connections, and starts the exchanges.</summary>
    public async Task ConnectAsync(int count, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i += ConnectingAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var connecting = Enumerable.Range(i, Math.Min(ConnectingAtOnce, count - i)).Select(async number =>
                (Socket: await TryConnectAsync(number % _endpoints.Length), Kind: number % _endpoints.Length));
            foreach (var (socket, kind) in await Task.WhenAll(connecting))
            {
                if (socket is null)
                    throw new RunException("A client cannot connect to the first server.");
                // Spread over the interval, as connections of independent clients are.
                var delay = interval * (_talks.Count % 97 / 97.0);
                _talks.Add(Task.Run(() => TalkAsync(socket, kind, delay), cancellationToken));
            }
        }
    }

    /// <summary>Starts clients that connect, exchange one number and leave.</summary>
    public void Visit() => _visits = [.. Enumerable.Range(0, Visitors).Select(i => Task.Run(() => VisitAsync(i)))];

    public async Task EndVisitsAsync()
    {
        await _visitsEnding.CancelAsync();
        await Task.WhenAll(_visits);
    }

    /// <summary>Ends the exchanges after the last answers. A connection without one is lost.</summary>
    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        try
        {
            await Task.WhenAll(_talks).WaitAsync(LastAnswer, time);
        }
        catch (TimeoutException)
        {
            Interlocked.Add(ref _lost, _talks.Count(talk => !talk.IsCompleted));
        }
    }

    private async Task<Socket?> TryConnectAsync(int kind)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_endpoints[kind]);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            Interlocked.Increment(ref _failedConnects);
            return null;
        }
    }

    private async Task VisitAsync(int number)
    {
        for (; !_visitsEnding.IsCancellationRequested; number++)
        {
            var kind = number % _endpoints.Length;
            if (await TryConnectAsync(kind) is { } socket)
            {
                using (socket)
                {
                    if (!await TryExchangeAsync(socket, kind, 1, new byte[32]))
                        Interlocked.Increment(ref _lost);
                }

                Interlocked.Increment(ref _visited);
            }

            await Task.Delay(VisitInterval, time);
        }
    }

    private async Task TalkAsync(Socket socket, int kind, TimeSpan delay)
    {
        using (socket)
        {
            var buffer = new byte[32];
            await Task.Delay(delay, time);
            for (var number = 1L; !_ending.IsCancellationRequested; number++)
            {
                if (!await TryExchangeAsync(socket, kind, number, buffer))
                {
                    Interlocked.Increment(ref _lost);
                    return;
                }

                if (interval > TimeSpan.Zero)
                    await Task.Delay(interval, time);
            }
        }
    }

    /// <summary>Sends a number, which comes back: as 8 bytes, or as a message of 16, beside the count of messages of the
    /// connection.</summary>
    private async Task<bool> TryExchangeAsync(Socket socket, int kind, long number, byte[] buffer)
    {
        var size = (kind + 1) * sizeof(long);
        var (sent, received) = (buffer.AsMemory(0, size), buffer.AsMemory(size, size));
        BinaryPrimitives.WriteInt64LittleEndian(sent.Span, number);
        if (kind == 1)
            BinaryPrimitives.WriteInt64LittleEndian(sent.Span[sizeof(long)..], 0);
        var begun = time.GetTimestamp();
        try
        {
            await socket.SendAsync(sent);
            for (var rest = received; rest.Length > 0;)
            {
                var count = await socket.ReceiveAsync(rest);
                if (count == 0)
                    return false;
                rest = rest[count..];
            }
        }
        catch (SocketException)
        {
            return false;
        }

        for (var i = 0; i <= kind; i++)
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(received.Span[(i * sizeof(long))..]) != number)
                Interlocked.Increment(ref _wrong);
        }

        lock (_answers)
            _answers.RecordValue((long)time.GetElapsedTime(begun).TotalMicroseconds);
        return true;
    }
}
