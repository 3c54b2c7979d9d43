using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

/// <summary>The driver of a connection over a socket whose calls the test completes.</summary>
public sealed class StreamConnectionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Handler_that_has_run_is_not_run_again_when_the_next_wait_fails()
    {
        var socket = new ScriptedSocket();
        var scheduler = new CountingScheduler();
        var connection = new StreamConnection(socket, new() { HandlerScheduler = scheduler });
        connection.Start();
        var (reads, errors) = (0, 0);
        var handler = ReadAsync();

        socket.Arrive("x"); // Everything that follows from it happens within the call.
        Assert.Equal(1, reads);
        socket.Fail(SocketError.ConnectionReset);
        await handler.Within();

        await connection.DisposeAsync();
        // One run for the bytes, and one for the error.
        Assert.Equal((1, 1, 2), (reads, errors, scheduler.Count));

        async Task ReadAsync()
        {
            try
            {
                while (true)
                {
                    var read = await connection.Transport.Input.ReadAsync(Cancelled).ConfigureAwait(false);
                    reads++;
                    connection.Transport.Input.AdvanceTo(read.Buffer.End);
                }
            }
            catch (ConnectionResetException)
            {
                errors++;
            }
        }
    }

    [Fact]
    public async Task Connection_that_never_waits_gives_way_to_other_work()
    {
        var socket = new EndlessSocket(count: 1000);
        var connection = new StreamConnection(socket, new());
        await connection.Transport.Input.CompleteAsync(); // What arrives is discarded.

        socket.IsStarting.Value = true;
        connection.Start();
        socket.IsStarting.Value = false;
        await connection.Transport.Output.CompleteAsync();
        await connection.DisposeAsync().AsTask().Within();

        Assert.Equal(StreamConnection.MaxIterations, socket.ReceivedWithinStart);
        Assert.Equal(1000, socket.Received);
    }

    [Fact]
    public async Task Handler_gives_way_to_other_work_after_some_iterations_on_the_thread_of_its_bytes()
    {
        var ran = await RunHandlerAsync(new ScriptedSocket { CanRun = true }, new());

        Assert.Contains(true, ran);
        var (streak, longest) = (0, 0);
        foreach (var isWithinArrival in ran)
            (streak, longest) = (isWithinArrival ? streak + 1 : 0, Math.Max(longest, isWithinArrival ? streak + 1 : 0));
        Assert.InRange(longest, 1, StreamConnection.MaxIterations);
    }

    [Fact]
    public async Task Handler_does_not_give_way_on_a_thread_that_serves_others_during_the_wait() => Assert.All(
        await RunHandlerAsync(new ScriptedSocket { CanRun = false }, new() { HandlerScheduler = PipeScheduler.Inline }),
        Assert.True);

    [Fact]
    public async Task Wait_that_ends_without_data_is_repeated()
    {
        var socket = new ScriptedSocket { MayBeEmpty = true };
        var connection = new StreamConnection(socket, new());
        connection.Start();
        var read = connection.Transport.Input.ReadAsync(Cancelled);

        await socket.Waits.WaitAsync(Cancelled).Within();
        socket.Arrive("");
        await socket.Waits.WaitAsync(Cancelled).Within();
        Assert.False(read.IsCompleted);
        socket.Arrive("x");

        var arrived = (await read.AsTask().Within()).Buffer;
        Assert.Equal(1, arrived.Length);
        connection.Transport.Input.AdvanceTo(arrived.End);
        await connection.DisposeAsync();
    }

    /// <summary>Lets bytes arrive, one by one. Returns for each whether the handler ran within its arrival.</summary>
    private static async Task<List<bool>> RunHandlerAsync(ScriptedSocket socket, TransportConnectionOptions options)
    {
        const int Count = 10 * StreamConnection.MaxIterations;
        var connection = new StreamConnection(socket, options);
        connection.Start();
        using var wasRead = new SemaphoreSlim(0);
        using var isArriving = new ThreadLocal<bool>();
        List<bool> ranWithinArrival = [];
        var handler = ReadAsync();

        for (var i = 0; i < Count; i++)
        {
            await socket.Waits.WaitAsync(Cancelled).Within();
            isArriving.Value = true;
            socket.Arrive("x");
            isArriving.Value = false;
            await wasRead.WaitAsync(Cancelled).Within();
        }

        socket.Fail(SocketError.ConnectionReset);
        await Assert.ThrowsAsync<ConnectionResetException>(() => handler.Within());
        await connection.DisposeAsync();
        Assert.Equal(Count, ranWithinArrival.Count);
        return ranWithinArrival;

        async Task ReadAsync()
        {
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync(Cancelled).ConfigureAwait(false);
                ranWithinArrival.Add(isArriving.Value);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                wasRead.Release();
            }
        }
    }

    /// <summary>When both sides send FIN at the same time, the state of the socket is CLOSED, as it is after a reset.</summary>
    [Fact]
    public async Task State_that_is_read_while_FIN_is_sent_is_not_taken_for_a_reset()
    {
        StreamConnection connection = null!;
        var socket = new ScriptedSocket
        {
            OnStateRead = () =>
            {
                connection.Transport.Output.Complete();
                return true;
            },
        };
        connection = new(socket, new());
        connection.Start();

        socket.Arrive("");

        await connection.DisposeAsync();
        Assert.Equal(CloseCause.Fin, connection.CloseReason!.Cause);
    }

    /// <summary>.NET discards what is unsent, and resets, when a socket is closed during another call.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_that_is_requested_while_FIN_is_sent_follows_it(bool aborts)
    {
        StreamConnection connection = null!;
        ScriptedSocket socket = null!;
        socket = new()
        {
            OnShutdown = () =>
            {
                if (aborts)
                    connection.Abort();
                else
                    socket.Arrive("");
            },
        };
        connection = new(socket, new());
        connection.Start();

        connection.Transport.Output.Complete();
        await connection.DisposeAsync().AsTask().Within();

        Assert.Equal(["shutdown", "shutdown ends", aborts ? "reset" : "close"], socket.Calls);
    }

    /// <summary>Runs each handler within the call.</summary>
    private sealed class CountingScheduler : PipeScheduler
    {
        public int Count { get; private set; }

        public override void Schedule(Action<object?> action, object? state)
        {
            Count++;
            action(state);
        }
    }

    private sealed class ScriptedSocket : StreamSocket
    {
        private TaskCompletionSource<bool> _waiting = new();
        private string _arrived = "";

        /// <summary>Whether handlers may run on the thread that completes a wait.</summary>
        public bool CanRun { get; init; }

        /// <summary>Whether a wait may end without data, as those of Unix do.</summary>
        public bool MayBeEmpty { get; init; }

        /// <summary>Counts the waits that have begun.</summary>
        public SemaphoreSlim Waits { get; } = new(0);

        public override bool CanRunHandlers => CanRun;

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        /// <summary>Called when the state is read. Returns whether it shows a reset.</summary>
        public Func<bool> OnStateRead { get; init; } = () => false;

        public override bool IsReset => OnStateRead();

        /// <summary>Called while FIN is sent.</summary>
        public Action OnShutdown { get; init; } = () => { };

        /// <summary>The calls that end the socket.</summary>
        public List<string> Calls { get; } = [];

        public void Arrive(string text)
        {
            _arrived = text;
            var waiting = _waiting;
            _waiting = new();
            waiting.SetResult(!MayBeEmpty);
        }

        public void Fail(SocketError error) => _waiting.SetException(new SocketException((int)error));

        public override SystemProgress? GetSystemProgress() => null;

        public override ValueTask<bool> WaitForDataAsync()
        {
            Waits.Release();
            return new(_waiting.Task);
        }

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) =>
            new(System.Text.Encoding.UTF8.GetBytes(_arrived, buffer.Span));

        public override bool TryReceive(Memory<byte> buffer, out int received)
        {
            received = System.Text.Encoding.UTF8.GetBytes(_arrived, buffer.Span);
            return received > 0;
        }

        public override ValueTask SendAsync(ReadOnlySequence<byte> bytes) => default;

        public override void ShutdownSend()
        {
            Calls.Add("shutdown");
            OnShutdown();
            Calls.Add("shutdown ends");
        }

        public override void Close(bool reset)
        {
            Calls.Add(reset ? "reset" : "close");
            _waiting.TrySetException(new SocketException((int)SocketError.OperationAborted));
        }
    }

    /// <summary>A socket that has a number of bytes at once, each for one receive, and then FIN.</summary>
    private sealed class EndlessSocket(int count) : StreamSocket
    {
        /// <summary>Whether the current thread starts the connection.</summary>
        public ThreadLocal<bool> IsStarting { get; } = new();

        public int ReceivedWithinStart { get; private set; }

        public int Received { get; private set; }

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override bool IsReset => false;

        public override SystemProgress? GetSystemProgress() => null;

        public override ValueTask<bool> WaitForDataAsync() => new(true);

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
        {
            if (Received == count)
                return new(0);
            Received++;
            if (IsStarting.Value)
                ReceivedWithinStart++;
            return new(1);
        }

        public override ValueTask SendAsync(ReadOnlySequence<byte> bytes) => default;

        public override void ShutdownSend()
        {
        }

        public override void Close(bool reset)
        {
        }
    }
}
