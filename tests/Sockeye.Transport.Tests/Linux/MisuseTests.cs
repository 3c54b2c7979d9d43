using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>
/// A handler that uses its connection as it must not gets an error from its own call, or ends its own connection. The engine
/// thread, the process and the bytes of all others are out of its reach.
/// </summary>
public sealed class MisuseTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData<EachEngine>]
    public Task Locks_on_objects_of_a_handler_stop_no_other_connection(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 1).RunAsync(new(), async world =>
        {
            var listener = await world.ListenAsync();
            var (client, server) = await world.ConnectAsync(listener);
            var (otherClient, other) = await world.ConnectAsync(listener);
            using var gate = new ManualResetEventSlim();
            var held = new TaskCompletionSource();
            var handling = Task.Factory.StartNew(
                () =>
                {
                    lock (server.Connection)
                    lock (server.Connection.Transport)
                    lock (server.Connection.Features)
                    lock (server.Input)
                    lock (server.Output)
                    lock (listener)
                    {
                        // More than the peer takes: the engine comes back to this output again and again.
                        server.Output.Write(new byte[1024 * 1024]);
                        _ = server.Output.FlushAsync(Cancelled).AsTask();
                        held.SetResult();
                        gate.Wait(Cancelled);
                    }
                },
                Cancelled, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await world.Soon(held.Task);
            await client.SendAsync("for the input that is locked");
            await ShouldTalkAsync(otherClient, other);
            var (nextClient, next) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(nextClient, next);
            gate.Set();
            await world.Soon(handling);
            server.Connection.Abort();
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Tasks_that_read_one_connection_at_once_disturb_no_other_one(LinuxEngine engine, bool inline) =>
        MisuseAsync(engine, inline, static server => async () =>
        {
            var read = await server.Input.ReadAsync(Cancelled);
            var isOver = read.IsCompleted;
            server.Input.AdvanceTo(read.Buffer.End);
            return !isOver;
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Tasks_that_write_one_connection_at_once_disturb_no_other_one(LinuxEngine engine, bool inline) =>
        MisuseAsync(engine, inline, static server => async () =>
        {
            server.Output.Write("some bytes of no importance"u8);
            return !(await server.Output.FlushAsync(Cancelled)).IsCompleted;
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Tasks_that_call_everything_at_once_disturb_no_other_one(LinuxEngine engine, bool inline) =>
        MisuseAsync(engine, inline, static server =>
        {
            var calls = 0;
            return async () =>
            {
                switch (Interlocked.Increment(ref calls) % 7)
                {
                    case 0:
                        server.Input.CancelPendingRead();
                        break;
                    case 1:
                        server.Output.CancelPendingFlush();
                        break;
                    case 2:
                        if (server.Input.TryRead(out var read))
                            server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                        break;
                    case 3:
                        using (var cancelling = new CancellationTokenSource())
                        {
                            var reading = server.Input.ReadAsync(cancelling.Token);
                            await cancelling.CancelAsync();
                            server.Input.AdvanceTo((await reading).Buffer.End);
                        }

                        break;
                    case 4:
                        var first = server.Output.FlushAsync(Cancelled);
                        var second = first; // Awaited twice, which no ValueTask allows.
                        await Task.WhenAll(first.AsTask(), second.AsTask());
                        break;
                    case 5:
                        server.Output.GetMemory(100);
                        server.Output.Advance(1);
                        break;
                    default:
                        server.Output.Write("some bytes of no importance"u8);
                        return !(await server.Output.FlushAsync(Cancelled)).IsCompleted;
                }

                return true;
            };
        });

    [Theory, ClassData<EachEngine>]
    public Task One_read_awaited_twice_throws_at_the_second_and_gives_the_first_its_bytes(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 1).RunAsync(new(), async world =>
        {
            var (client, server) = await world.ConnectAsync();
            var reading = server.Input.ReadAsync(Cancelled);
            async Task<ReadResult> AwaitAsync(ValueTask<ReadResult> read) => await read;
            var first = AwaitAsync(reading);
            await Assert.ThrowsAsync<InvalidOperationException>(() => world.Soon(AwaitAsync(reading)));
            await Assert.ThrowsAsync<InvalidOperationException>(() => world.Soon(AwaitAsync(server.Input.ReadAsync(Cancelled))));
            await client.SendAsync("x");
            var read = await world.Soon(first);
            Assert.Equal("x"u8, read.Buffer.ToArray());
            Assert.Throws<InvalidOperationException>(() => server.Input.TryRead(out _));
            server.Input.AdvanceTo(read.Buffer.End);
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task What_a_continuation_throws_where_no_task_is_ends_its_connection_alone(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline, threads: 1).RunAsync(new(), async world =>
        {
            var listener = await world.ListenAsync();
            var (otherClient, other) = await world.ConnectAsync(listener);
            var (client, server) = await world.ConnectAsync(listener);
            OnEnd(server.Input.ReadAsync(Cancelled));
            await client.SendAsync("x");
            await server.ShouldEndAsync(ClosedBy.Local, CloseCause.HandlerError);
            Assert.Equal("thrown at the engine", server.Reason!.Exception!.Message);
            var (nextClient, next) = await world.ConnectAsync(listener);
            OnEnd(next.Input.ReadAsync(Cancelled));
            next.Input.CancelPendingRead(); // Continues on the pool.
            await next.ShouldEndAsync(ClosedBy.Local, CloseCause.HandlerError);
            await ShouldTalkAsync(otherClient, other);
        });

    [Theory, ClassData<EachEngine>]
    public Task Memory_that_one_task_still_writes_to_while_another_flushes_serves_no_other_connection(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 1).RunAsync(new(), async world =>
        {
            var (client, server) = await world.ConnectAsync();
            var (otherClient, other) = await world.ConnectAsync();
            var kept = server.Output.GetMemory(1); // The first task has not written into it yet …
            var second = Task.Factory.StartNew( // … and the second one, on another thread, writes and flushes.
                () =>
                {
                    server.Output.Write("second"u8);
                    return server.Output.FlushAsync(Cancelled).AsTask();
                },
                Cancelled, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            await world.Soon(second);
            await client.ShouldReceiveAsync("second");
            await world.BecomesTrueAsync(() => server.BytesSent == 6);
            for (var i = 0; i < 300; i++)
            {
                var memory = other.Output.GetMemory(1);
                Assert.False(memory.Span.Overlaps(kept.Span), "Two connections have the same memory.");
                other.Output.Advance(memory.Length);
            }

            other.Connection.Abort();
            otherClient.Connection.Abort();
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Reference_to_the_handle_of_a_socket_stops_neither_the_end_of_its_connection_nor_the_engine(
        LinuxEngine engine, bool inline) => new LinuxFixture(engine, inline, threads: 1).RunAsync(new(), async world =>
    {
        var listener = await world.ListenAsync();
        var (client, server) = await world.ConnectAsync(listener);
        var handle = server.Connection.Features.Get<IConnectionSocketFeature>()!.Socket.SafeHandle;
        var isHeld = false;
        handle.DangerousAddRef(ref isHeld); // While it is held, .NET waits with the disposal of the socket.
        try
        {
            var closing = server.DisposeAsync();
            await client.ReceiveFinAsync();
            await client.DisposeAsync();
            await closing;
            var (nextClient, next) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(nextClient, next);
            next.Connection.Features.Get<IConnectionSocketFeature>()!.Socket.Blocking = true;
            next.Connection.Abort();
            Assert.IsType<ConnectionResetException>(await nextClient.ReceiveToErrorAsync());
        }
        finally
        {
            handle.DangerousRelease();
        }
    });

    /// <summary>Three tasks do the same to one connection at once, and continue after errors, while others are served.</summary>
    private static Task MisuseAsync(LinuxEngine engine, bool inline, Func<TestEnd, Func<Task<bool>>> misuse) =>
        new LinuxFixture(engine, inline, threads: 1).RunAsync(new(), async world =>
        {
            const int Rounds = 300;
            const int Tasks = 3;
            var listener = await world.ListenAsync();
            var (otherClient, other) = await world.ConnectAsync(listener);
            var (client, server) = await world.ConnectAsync(listener);
            using var over = new CancellationTokenSource();
            var call = misuse(server);
            var misusing = Enumerable.Range(0, Tasks).Select(_ => Task.Run(() => RepeatAsync(call, Rounds), Cancelled)).ToList();
            var peer = Task.WhenAll(
                Task.Run(() => FeedAsync(client, over.Token), Cancelled),
                Task.Run(() => DrainAsync(client, over.Token), Cancelled));
            for (var i = 0; i < 20; i++)
                await ShouldTalkAsync(otherClient, other);
            server.Input.CancelPendingRead();
            await over.CancelAsync();
            client.Connection.Abort(); // Ends what still waits.
            await world.Soon(Task.WhenAll(misusing));
            await world.Soon(peer);
            await ShouldTalkAsync(otherClient, other);
            var (nextClient, next) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(nextClient, next);
            server.Connection.Abort();
        });

    private static async Task RepeatAsync(Func<Task<bool>> call, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            try
            {
                if (!await call())
                    return;
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException or OperationCanceledException
                or ConnectionResetException or ConnectionAbortedException)
            {
                if (e is ConnectionResetException or ConnectionAbortedException)
                    return;
            }
        }
    }

    private static async Task FeedAsync(TestEnd end, CancellationToken over)
    {
        var bytes = "something to read"u8.ToArray();
        while (!over.IsCancellationRequested && !(await end.Output.WriteAsync(bytes, Cancelled)).IsCompleted)
        {
        }
    }

    private static async Task DrainAsync(TestEnd end, CancellationToken over)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                var read = await end.Input.ReadAsync(over);
                end.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionResetException or ConnectionAbortedException)
        {
            // The misuse may end the connection, and the test does.
        }
    }

    private static void OnEnd(ValueTask<ReadResult> reading) => reading.ConfigureAwait(false).GetAwaiter()
        .UnsafeOnCompleted(() => throw new InvalidOperationException("thrown at the engine"));

    private static async Task ShouldTalkAsync(TestEnd client, TestEnd server)
    {
        await client.SendAsync("question");
        await server.ShouldReceiveAsync("question");
        await server.SendAsync("answer");
        await client.ShouldReceiveAsync("answer");
    }
}
