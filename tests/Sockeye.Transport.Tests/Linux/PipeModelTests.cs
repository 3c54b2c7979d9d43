using System.Buffers;
using System.IO.Pipelines;
using CsCheck;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>The two ends of a connection answer every sequence of calls as System.IO.Pipelines' own pipe does.</summary>
public sealed class PipeModelTests
{
    private const int Runs = 60;

    private enum ReaderCall
    {
        Send,
        Read,
        ReadCancelled,
        TryRead,
        CancelPending,
        ConsumeAll,
        ConsumePart,
        ExamineAll,
        ConsumePartExamineAll,
        ExamineNothing,
        End,
    }

    private enum WriterCall
    {
        Write,
        GetAndAdvanceTwice,
        GetMuch,
        AdvanceNothing,
        AdvanceTooFar,
        Flush,
        FlushCancelled,
        CancelPending,
        Complete,
    }

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Reading_is_as_with_a_pipe(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), world =>
        Gen.Select(Gen.Enum<ReaderCall>(), Gen.Int[1, 9000]).Array[1, 25].SampleAsync(
            calls => CompareReadingAsync(world, calls), iter: Runs, threads: 1));

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Writing_is_as_with_a_pipe(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), world =>
        Gen.Select(Gen.Enum<WriterCall>(), Gen.Int[1, 9000]).Array[1, 25].SampleAsync(
            calls => CompareWritingAsync(world, calls), iter: Runs, threads: 1));

    private static async Task CompareReadingAsync(TransportWorld world, (ReaderCall Call, int Size)[] calls)
    {
        var (client, server) = await world.ConnectAsync();
        var pipe = new Pipe(new(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var (real, model) = (new Reader(server.Input), new Reader(pipe.Reader));
        long sent = 0;
        var ended = false;
        foreach (var (call, size) in calls)
        {
            if (call is ReaderCall.Send or ReaderCall.End)
            {
                if (ended)
                    continue;
                ended = call is ReaderCall.End;
                if (ended)
                    await client.SendFinAsync();
                else
                    await client.SendAsync(new byte[size]);
                sent += ended ? 0 : size;
                await world.BecomesTrueAsync(() => server.BytesReceived == sent);
                if (ended)
                    await world.BecomesTrueAsync(() => server.Reason is not null);
                if (ended)
                    await pipe.Writer.CompleteAsync();
                else
                    await pipe.Writer.WriteAsync(new byte[size]);
                continue;
            }

            var expected = await model.DoAsync(call, size);
            await ShouldBecomeAsync(world, expected, () => real.DoAsync(call, size), $"{call} {size}");
        }

        await server.Input.CompleteAsync(); // The last result may never have been advanced in.
        await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
    }

    private static async Task CompareWritingAsync(TransportWorld world, (WriterCall Call, int Size)[] calls)
    {
        var (client, server) = await world.ConnectAsync();
        var pipe = new Pipe(new(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var (real, model) = (new Writer(client.Output), new Writer(pipe.Writer));
        foreach (var (call, size) in calls)
            Assert.Equal($"{call} {size}: {await model.DoAsync(call, size)}", $"{call} {size}: {await real.DoAsync(call, size)}");
        await pipe.Writer.CompleteAsync();
        await client.SendFinAsync();
        var expected = new MemoryStream();
        await pipe.Reader.CopyToAsync(expected);
        Assert.Equal(expected.ToArray(), await server.ReceiveToEndAsync());
        await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
    }

    /// <summary>What arrives is reported a moment later than by the model: the call has the same answer as soon as it is
    /// known.</summary>
    private static async Task ShouldBecomeAsync(TransportWorld world, string expected, Func<Task<string>> call, string what)
    {
        var answer = await world.Soon(call(), what);
        Assert.True(expected == answer, $"{what}: expected {expected}, got {answer}");
    }

    /// <summary>Does a call and says what came of it.</summary>
    private sealed class Reader(PipeReader reader)
    {
        private ReadResult? _last;
        private Task<ReadResult>? _waiting;

        public async Task<string> DoAsync(ReaderCall call, int size)
        {
            try
            {
                switch (call)
                {
                    case ReaderCall.Read when _waiting is null && _last is null:
                        return await AwaitAsync(reader.ReadAsync());
                    case ReaderCall.ReadCancelled when _waiting is null && _last is null:
                        using (var cancelling = new CancellationTokenSource())
                        {
                            var reading = reader.ReadAsync(cancelling.Token);
                            await cancelling.CancelAsync();
                            return Text(await reading);
                        }

                    case ReaderCall.TryRead when _waiting is null && _last is null:
                        return await TryReadAsync();
                    case ReaderCall.CancelPending when _waiting is null:
                        // With one that waits: it ends as cancelled. Otherwise the next one does.
                        reader.CancelPendingRead();
                        return "";
                    default:
                        return Advance(call, size);
                }
            }
            catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
            {
                return e is OperationCanceledException ? nameof(OperationCanceledException) : nameof(InvalidOperationException);
            }
        }

        /// <summary>A read that has to wait is cancelled, so that both answer at once.</summary>
        private async Task<string> AwaitAsync(ValueTask<ReadResult> reading)
        {
            if (reading.IsCompleted)
                return Text(await reading);
            _waiting = reading.AsTask();
            reader.CancelPendingRead();
            var text = Text(await _waiting);
            _waiting = null;
            return $"waited, {text}";
        }

        private Task<string> TryReadAsync() => Task.FromResult(reader.TryRead(out var result) ? Text(result) : "nothing");

        private string Text(in ReadResult result)
        {
            _last = result;
            return $"{result.Buffer.Length} cancelled {result.IsCanceled} completed {result.IsCompleted}";
        }

        private string Advance(ReaderCall call, int size)
        {
            if (_last is not { } result)
                return "";
            var buffer = result.Buffer;
            var part = buffer.GetPosition(Math.Min(size, buffer.Length));
            _last = null;
            switch (call)
            {
                case ReaderCall.ConsumeAll:
                    reader.AdvanceTo(buffer.End);
                    break;
                case ReaderCall.ConsumePart:
                    reader.AdvanceTo(part);
                    break;
                case ReaderCall.ConsumePartExamineAll:
                    reader.AdvanceTo(part, buffer.End);
                    break;
                case ReaderCall.ExamineAll:
                    reader.AdvanceTo(buffer.Start, buffer.End);
                    break;
                default:
                    reader.AdvanceTo(buffer.Start, buffer.Start);
                    break;
            }

            return "";
        }
    }

    private sealed class Writer(PipeWriter writer)
    {
        private byte _next;
        private bool _isCompleted;

        public async Task<string> DoAsync(WriterCall call, int size)
        {
            try
            {
                switch (call)
                {
                    case WriterCall.Write:
                        writer.Write(Next(size));
                        break;
                    case WriterCall.GetAndAdvanceTwice:
                        var memory = writer.GetMemory(size);
                        Next(size).CopyTo(memory);
                        writer.Advance(size / 2);
                        writer.Advance(size - (size / 2));
                        break;
                    case WriterCall.GetMuch:
                        Assert.True(writer.GetMemory(1024 * 1024).Length >= 1024 * 1024);
                        writer.Advance(0);
                        break;
                    case WriterCall.AdvanceNothing:
                        writer.Advance(0);
                        break;
                    case WriterCall.AdvanceTooFar:
                        writer.Advance(int.MaxValue);
                        break;
                    case WriterCall.Flush:
                        return Text(await writer.FlushAsync());
                    case WriterCall.FlushCancelled:
                        return Text(await writer.FlushAsync(new CancellationToken(canceled: true)));
                    case WriterCall.CancelPending:
                        writer.CancelPendingFlush();
                        break;
                    default:
                        _isCompleted = true;
                        await writer.CompleteAsync();
                        break;
                }

                return "";
            }
            catch (OperationCanceledException)
            {
                return nameof(OperationCanceledException);
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException)
            {
                return "misuse";
            }
        }

        private byte[] Next(int size)
        {
            var bytes = new byte[size];
            Array.Fill(bytes, ++_next);
            return bytes;
        }

        private string Text(FlushResult result) =>
            // After its own end this direction is gone, which a pipe whose reader is still there does not know.
            $"cancelled {result.IsCanceled} completed {result.IsCompleted && !_isCompleted} unflushed {writer.UnflushedBytes}";
    }
}
