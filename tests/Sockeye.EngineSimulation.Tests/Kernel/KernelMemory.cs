using System.Runtime.InteropServices;
using Sockeye.Linux;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Reads memory of an engine by its address, as a kernel does.</summary>
internal static class KernelMemory
{
    public static byte[] Copy(nint address, int length)
    {
        var bytes = new byte[length];
        Marshal.Copy(address, bytes, 0, length);
        return bytes;
    }

    /// <summary>Copies the parts of a <see cref="MessageHeader"/>.</summary>
    public static byte[] CopyMessage(nint header) =>
        [.. GetVectors(header).SelectMany(vector => Copy(vector.Address, (int)vector.Length))];

    public static List<IoVector> GetVectors(nint header)
    {
        var message = Marshal.PtrToStructure<Message>(header);
        var vectors = new List<IoVector>();
        for (var i = 0; i < message.VectorCount; i++)
            vectors.Add(Marshal.PtrToStructure<IoVector>(message.Vectors + (i * Marshal.SizeOf<IoVector>())));
        return vectors;
    }

    /// <summary>The fields of <see cref="MessageHeader"/> as numbers.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public nint NameLength;
        public nint Vectors;
        public nint VectorCount;
    }
}
