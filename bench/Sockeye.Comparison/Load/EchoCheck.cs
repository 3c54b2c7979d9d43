using System.IO.Pipelines;

namespace Sockeye.Comparison.Load;

/// <summary>Before anything is measured: what a server sends back is what it got, byte for byte.</summary>
internal static class EchoCheck
{
    private const int Size = 50_000;
    private const int Messages = 5;

    public static async Task RunAsync(PipeReader input, PipeWriter output, Random random)
    {
        var data = Exchange.Frames(Size, Messages);
        for (var message = 0; message < Messages; message++)
            random.NextBytes(data.AsSpan((message * (sizeof(int) + Size)) + sizeof(int), Size));

        var writing = output.WriteAsync(data).AsTask();
        for (var checkedBytes = 0; checkedBytes < data.Length;)
        {
            var read = await input.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                if (segment.Length > data.Length - checkedBytes
                    || !segment.Span.SequenceEqual(data.AsSpan(checkedBytes, segment.Length)))
                    throw new InvalidDataException($"The server sent back other bytes than it got, at {checkedBytes} or later.");
                checkedBytes += segment.Length;
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted && checkedBytes < data.Length)
                throw new EndOfStreamException($"The server closed the connection after {checkedBytes} of {data.Length} bytes.");
        }

        await writing;
    }
}
