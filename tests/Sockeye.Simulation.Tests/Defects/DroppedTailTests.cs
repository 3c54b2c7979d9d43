using System.IO.Pipelines;
using System.Net;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Defects;

/// <summary>
/// An upload that ends by half-close. The defect: a middleware's reader takes the end for the end of the bytes as well, and
/// drops what came together with it.
/// </summary>
public sealed class DroppedTailTests
{
    [Fact]
    public void A_tail_dropped_at_half_close_is_found() =>
        Defect.IsFound(network => RunAsync(network, input => new TailDropper(input)), "arrived of");

    [Fact]
    public void A_tail_that_is_kept_passes() => Defect.IsAbsent(network => RunAsync(network, input => input));

    private static async Task RunAsync(SimulatedNetwork network, Func<PipeReader, PipeReader> wrap)
    {
        var codec = Codec.Lines(maxLength: 100);
        var (server, client) = (network.AddHost("server"), network.AddHost("client"));
        network.Jitter = TimeSpan.FromMilliseconds(5);
        await using var counter = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = server;
            options.TimeProvider = network.TimeProvider;
            options.Listen(new IPEndPoint(IPAddress.Any, 7))
                .Use((connection, next) =>
                {
                    var transport = connection.Transport;
                    connection.Transport = new Wrapped(wrap(transport.Input), transport.Output);
                    return next(connection);
                })
                .Run(codec, CountAsync);
        });

        await using var connection = await network.ClientOn(client).ConnectAsync("server", 7, codec);
        var lines = network.Random.Next(1, 200);
        await connection.WriteManyAsync(Enumerable.Range(0, lines).Select(line => $"line {line}"));
        await connection.Connection.Transport.Output.CompleteAsync();
        await foreach (var count in connection.ReadAllAsync())
            Assert.True(count == $"{lines}", $"{count} lines arrived of {lines}");
    }

    private static async Task CountAsync(MessageConnection<string> peer)
    {
        var count = 0;
        await foreach (var _ in peer.ReadAllAsync())
            count++;
        await peer.WriteAsync($"{count}");
    }

    private sealed class Wrapped(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    private sealed class TailDropper(PipeReader inner) : PipeReader
    {
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            Drop(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var isThere = inner.TryRead(out result);
            result = Drop(result);
            return isThere;
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private static ReadResult Drop(ReadResult read) =>
            read.IsCompleted ? new(read.Buffer.Slice(read.Buffer.End), read.IsCanceled, read.IsCompleted) : read;
    }
}
