// A fuzz target of the codec. With AFL++ and the tool SharpFuzz.CommandLine:
//   dotnet publish -o fuzz && sharpfuzz fuzz/SampleProtocol.dll
//   afl-fuzz -i corpus -o findings -t 10000 -- dotnet fuzz/SampleProtocol.Fuzz.dll
// With a file as argument, it checks that file, such as a crash that AFL++ found.
using System.Buffers;
using SampleProtocol;
using SharpFuzz;
using Sockeye;

if (args is [var file])
    Check(File.ReadAllBytes(file));
else
    Fuzzer.Run(input => Check(ReadAll(input)));

static byte[] ReadAll(Stream input)
{
    using var bytes = new MemoryStream();
    input.CopyTo(bytes);
    return bytes.ToArray();
}

// Any bytes are readings or a frame error, and what is decoded is encoded to the same bytes.
static void Check(byte[] bytes)
{
    var input = new ReadOnlySequence<byte>(bytes);
    var output = new ArrayBufferWriter<byte>();
    try
    {
        while (ReadingCodec.Instance.TryDecode(ref input, out var reading))
            ReadingCodec.Instance.Encode(reading, output);
    }
    catch (Exception e) when (e is FrameException or ArgumentException)
    {
        // The peer's fault: its connection ends.
    }

    if (!output.WrittenSpan.SequenceEqual(bytes.AsSpan(0, output.WrittenCount)))
        throw new InvalidOperationException("A decoded reading is encoded to other bytes.");
}
