using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>The pieces of one send, where the kernel can find them until it is done.</summary>
/// <remarks>Native memory: freed only when no send is in flight.</remarks>
internal sealed unsafe class SendList : IDisposable
{
    public const int MaxVectors = 32;

    private readonly MessageHeader* _header =
        (MessageHeader*)NativeMemory.AllocZeroed((nuint)(sizeof(MessageHeader) + (MaxVectors * sizeof(IoVector))));

    /// <summary>The address of a <c>struct msghdr</c> with these pieces.</summary>
    public nint Fill(ReadOnlySpan<IoVector> vectors)
    {
        var own = (IoVector*)(_header + 1);
        vectors.CopyTo(new Span<IoVector>(own, MaxVectors));
        _header->Vectors = own;
        _header->VectorCount = vectors.Length;
        return (nint)_header;
    }

    public void Dispose() => NativeMemory.Free(_header);
}
