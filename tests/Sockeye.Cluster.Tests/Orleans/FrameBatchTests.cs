using System.Buffers;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

public sealed class FrameBatchTests
{
    [Fact]
    public void Frames_are_read_as_they_were_written()
    {
        (uint Topic, byte[] Frame)[] written = [(7, [1, 2, 3]), (0, []), (uint.MaxValue, new byte[100_000])];
        var writer = new ArrayBufferWriter<byte>();
        foreach (var (topic, frame) in written)
            FrameBatch.Write(writer, topic, frame);

        var batch = writer.WrittenMemory;
        List<(uint Topic, byte[] Frame)> read = [];
        while (FrameBatch.TryRead(ref batch, out var topic, out var frame))
            read.Add((topic, frame.ToArray()));

        Assert.Equal(written.Select(each => each.Topic), read.Select(each => each.Topic));
        Assert.Equal(written.Select(each => each.Frame), read.Select(each => each.Frame));
    }

    [Theory]
    [InlineData("03")]
    [InlineData("030000000700000001")]
    [InlineData("FFFFFFFF07000000")]
    [InlineData("FFFFFF7F07000000")]
    public void Batch_that_ends_inside_a_frame_is_an_error(string bytes)
    {
        ReadOnlyMemory<byte> batch = Convert.FromHexString(bytes);

        var error = Assert.Throws<InvalidDataException>(() => FrameBatch.TryRead(ref batch, out _, out _));

        Assert.Contains("inside a frame", error.Message, StringComparison.Ordinal);
    }
}
