using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Defects;

/// <summary>
/// A handler with its own decoder for a number behind two bytes of length. The defect: when only the first byte of a length
/// is there, the decoder takes it for read and forgets it.
/// </summary>
public sealed class SplitByteTests
{
    private const int Frames = 100;
    private const int FrameSize = 6;

    [Fact]
    public void A_decoder_that_loses_a_split_byte_is_found() =>
        Defect.IsFound(network => RunAsync(network, losesSplitByte: true), "decoded");

    [Fact]
    public void A_decoder_that_waits_for_the_other_byte_passes() =>
        Defect.IsAbsent(network => RunAsync(network, losesSplitByte: false));

    private static async Task RunAsync(SimulatedNetwork network, bool losesSplitByte)
    {
        var (server, client) = (network.AddHost("server"), network.AddHost("client"));
        network.Jitter = TimeSpan.FromMilliseconds(3);
        await using var listener = await server.BindAsync(new IPEndPoint(IPAddress.Any, 7));
        var serving = ServeAsync(listener, losesSplitByte);

        await using var connection = await client.ConnectAsync(new IPEndPoint(server.Address, 7));
        var output = connection.Transport.Output;
        for (var number = 0; number < Frames; number++)
        {
            var frame = output.GetMemory(FrameSize);
            BinaryPrimitives.WriteUInt16BigEndian(frame.Span, FrameSize - 2);
            BinaryPrimitives.WriteInt32BigEndian(frame.Span[2..], number);
            output.Advance(FrameSize);
        }

        await output.FlushAsync();
        await output.CompleteAsync();
        var decoded = await serving;
        Assert.True(decoded == Frames, $"{decoded} of {Frames} numbers were decoded");
    }

    private static async Task<int> ServeAsync(IConnectionListener listener, bool losesSplitByte)
    {
        await using var connection = (await listener.AcceptAsync())!;
        var next = 0;
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            var rest = read.Buffer;
            while (TryDecode(ref rest) is { } number)
                Assert.True(number == next++, $"{number} was decoded where {next - 1} was next");
            var isSplit = losesSplitByte && rest.Length < 2;
            connection.Transport.Input.AdvanceTo(isSplit ? rest.End : rest.Start, rest.End);
            if (read.IsCompleted)
                return next;
        }
    }

    private static int? TryDecode(ref ReadOnlySequence<byte> input)
    {
        var reader = new SequenceReader<byte>(input);
        if (!reader.TryReadBigEndian(out short size) || reader.Remaining < size)
            return null;
        reader.TryReadBigEndian(out int number);
        input = input.Slice(2 + size);
        return number;
    }
}
