namespace Sockeye.Cli;

/// <summary>An answer is not the one that was expected. The connection then ends, since later answers cannot be found.</summary>
/// <param name="kind">The kind of the error, for counting: two different answers of one kind have one text.</param>
/// <param name="description">A sentence about this answer, without a full stop.</param>
internal sealed class AnswerException(string kind, string description) : Exception(description)
{
    public string Kind => kind;
}
