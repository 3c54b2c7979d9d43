namespace Sockeye;

/// <summary>Marks a connection as its owner's to end.</summary>
internal sealed class Owned : IConnectionOwnerFeature
{
    private Owned()
    {
    }

    public static Owned Instance { get; } = new();

    public bool HasOwner => true;
}
