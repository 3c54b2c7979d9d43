using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Sockeye.Tests.Framing;

public sealed class FrameMemoryTests
{
    private readonly Pipe _pipe = new(new(minimumSegmentSize: 64));

    [Fact]
    public async Task Frames_reach_the_output_together()
    {
        var memory = new FrameMemory(_pipe.Writer);

        memory.Write("first "u8);
        memory.Write("second"u8);
        Assert.Equal((0, 12), (_pipe.Writer.UnflushedBytes, memory.UnflushedBytes));
        memory.Commit();
        Assert.Equal((12, 12), (_pipe.Writer.UnflushedBytes, memory.UnflushedBytes));

        Assert.Equal("first second", Encoding.ASCII.GetString(await ReadAsync()));
    }

    [Fact]
    public async Task Frames_that_exceed_the_memory_stay_in_order()
    {
        var memory = new FrameMemory(_pipe.Writer);
        var sent = Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray();

        for (var i = 0; i < sent.Length; i += 25)
            memory.Write(sent.AsSpan(i, 25));
        memory.GetMemory(5000);
        memory.Commit();

        Assert.Equal(sent, await ReadAsync());
    }

    [Fact]
    public void More_than_the_memory_is_refused()
    {
        var memory = new FrameMemory(_pipe.Writer);

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Advance(1));
        var length = memory.GetMemory().Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Advance(length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.GetMemory(-1));
    }

    private async Task<byte[]> ReadAsync()
    {
        await _pipe.Writer.FlushAsync(TestContext.Current.CancellationToken);
        var read = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        return read.Buffer.ToArray();
    }
}
