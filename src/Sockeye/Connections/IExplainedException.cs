namespace Sockeye;

/// <summary>An exception with an explanation.</summary>
internal interface IExplainedException
{
    Explanation Explanation { get; }
}
