using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

public sealed class RequestCostTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_and_its_response_allocate_nothing(bool canCancel)
    {
        // With inline schedulers, the response comes within the call, on this thread.
        var options = new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var (up, down) = (new Pipe(options), new Pipe(options));
        var connection = new DefaultConnectionContext(
            "c1", new DuplexPipe(down.Reader, up.Writer), new DuplexPipe(up.Reader, down.Writer));
        var codec = Codec.FixedSize(1).WithMessages<byte>(
            (value, output) =>
            {
                output.GetSpan(1)[0] = value;
                output.Advance(1);
            },
            bytes => bytes.FirstSpan[0]);
        await using var requests = connection.AsMessages(codec).AsRequests(options: new() { UnsafeContinueInline = true });
        var echoing = EchoAsync(up.Reader, down.Writer);
        using var cancel = new CancellationTokenSource();
        var token = canCancel ? cancel.Token : CancellationToken.None;

        // The reading starts on another thread, which may still be sending or reading when its response arrives here.
        var isOnThisThread = false;
        while (!isOnThisThread)
        {
            await Task.Yield();
            var sending = requests.SendAsync(7, token).AsTask();
            isOnThisThread = sending.IsCompleted;
            Assert.Equal(7, await sending.Within());
        }

        var allocated = Allocations.Of(500, () => Assert.True(Completed.Synchronously(requests.SendAsync(7, token)) == 7));

        Assert.Equal(0, allocated);
        await up.Writer.CompleteAsync();
        await echoing.Within();
    }

    private static async Task EchoAsync(PipeReader input, PipeWriter output)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var part in read.Buffer)
            {
                part.CopyTo(output.GetMemory(part.Length));
                output.Advance(part.Length);
            }

            input.AdvanceTo(read.Buffer.End);
            await output.FlushAsync();
            if (read.IsCompleted)
                return;
        }
    }
}
