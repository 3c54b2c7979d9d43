using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>The pieces of one send, in memory that stays valid until the send has completed.</summary>
/// <remarks>The memory is native, and is freed only when no send is in flight.</remarks>
internal sealed unsafe class SendList : IDisposable
{
    public const int MaxVectors = 32;

    private readonly MessageHeader* _header =
        (MessageHeader*)NativeMemory.AllocZeroed((nuint)(sizeof(MessageHeader) + (MaxVectors * sizeof(IoVector))));

    /// <summary>Returns the address of a <c>struct msghdr</c> with these pieces.</summary>
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
