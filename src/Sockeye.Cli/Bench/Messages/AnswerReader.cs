using System.Buffers;
using System.Text;

namespace Sockeye.Cli;

/// <summary>Finds the answers of one connection in the bytes that arrive.</summary>
internal abstract class AnswerReader
{
    private const int ShownBytes = 24;

    /// <summary>Removes whole answers from the start of the input.</summary>
    /// <param name="input">The bytes that no earlier call has removed. A reader may also remove a part of an answer.</param>
    /// <param name="requests">The requests without an answer, in the order of the answers. A reader that finds another order
    /// changes it.</param>
    /// <returns>The number of answers.</returns>
    /// <exception cref="AnswerException">An answer is wrong.</exception>
    public abstract int Take(ref ReadOnlySequence<byte> input, RequestWindow requests);

    protected static AnswerException CreateUnasked(in ReadOnlySequence<byte> input) => new(
        "unasked bytes", $"the server sent {Show(input)} although all requests were answered");

    protected static string Show(in ReadOnlySequence<byte> bytes)
    {
        var shown = Encoding.Latin1.GetString(bytes.Slice(0, Math.Min(bytes.Length, ShownBytes)));
        return $"\"{PrintableText.Escape(shown)}\"" + (bytes.Length > ShownBytes ? "…" : "");
    }
}
