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
        const int Count = 10 * StreamConnection.MaxIterations;
        var socket = new ScriptedSocket { CanRun = true };
        var connection = new StreamConnection(socket, new());
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
        Assert.Contains(true, ranWithinArrival);
        var (streak, longest) = (0, 0);
        foreach (var ran in ranWithinArrival)
            (streak, longest) = (ran ? streak + 1 : 0, Math.Max(longest, ran ? streak + 1 : 0));
        Assert.InRange(longest, 1, StreamConnection.MaxIterations);

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

        /// <summary>Counts the waits that have begun.</summary>
        public SemaphoreSlim Waits { get; } = new(0);

        public override bool CanRunHandlers => CanRun;

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override bool IsReset => false;

        public void Arrive(string text)
        {
            _arrived = text;
            var waiting = _waiting;
            _waiting = new();
            waiting.SetResult(true);
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

        public override ValueTask SendAsync(ReadOnlySequence<byte> bytes) => default;

        public override void ShutdownSend()
        {
        }

        public override void Close(bool reset) =>
            _waiting.TrySetException(new SocketException((int)SocketError.OperationAborted));
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
