namespace Sockeye.Fuzz;

/// <summary>One thing that reads what strangers send.</summary>
/// <param name="Name">As the command line and the file of its corpus name it.</param>
/// <param name="Check">
/// Feeds it any bytes. Throws when it breaks a promise: <see cref="BrokenPromiseException"/>, or whatever came out that should
/// not have.
/// </param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Check)
{
    public override string ToString() => Name;
}

/// <summary>An input shows a defect.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message)
{
    public static void Unless(bool kept, string promise)
    {
        if (!kept)
            throw new BrokenPromiseException(promise);
    }
}
