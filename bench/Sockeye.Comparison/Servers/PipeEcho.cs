using System.IO.Pipelines;

namespace Sockeye.Comparison.Servers;

/// <summary>The handler that every server with pipes runs, so that what differs is the server.</summary>
internal static class PipeEcho
{
    public static async Task RunAsync(PipeReader input, PipeWriter output)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var segment in read.Buffer)
                Write(output, segment.Span);
            input.AdvanceTo(read.Buffer.End);
            if ((await output.FlushAsync()).IsCompleted || read.IsCompleted)
                return;
        }
    }

    private static void Write(PipeWriter output, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var free = output.GetSpan(1);
            var count = Math.Min(free.Length, data.Length);
            data[..count].CopyTo(free);
            output.Advance(count);
            data = data[count..];
        }
    }
}
