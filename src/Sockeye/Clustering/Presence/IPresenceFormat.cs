namespace Sockeye.Clustering;

/// <summary>The form of the items of a set of presence between nodes.</summary>
internal interface IPresenceFormat<TKey, TValue>
{
    void Write(FrameWriter writer, TKey key, TValue value);

    (TKey Key, TValue Value) Read(ref FrameReader reader);
}

/// <summary>Members of a group or connections of a user: the id on its node, and the user.</summary>
internal sealed class MemberFormat : IPresenceFormat<string, string?>
{
    public static readonly MemberFormat Instance = new();

    public void Write(FrameWriter writer, string key, string? value)
    {
        writer.WriteText(key);
        writer.WriteByte(value is null ? (byte)0 : (byte)1);
        writer.WriteText(value ?? "");
    }

    public (string Key, string? Value) Read(ref FrameReader reader)
    {
        var key = reader.ReadText();
        var hasValue = reader.ReadByte() != 0;
        var value = reader.ReadText();
        return (key, hasValue ? value : null);
    }
}

/// <summary>Users that have a connection on a node: their hashes.</summary>
internal sealed class UserFormat : IPresenceFormat<ulong, bool>
{
    public static readonly UserFormat Instance = new();

    public void Write(FrameWriter writer, ulong key, bool value) => writer.WriteFixed(key);

    public (ulong Key, bool Value) Read(ref FrameReader reader) => (reader.ReadFixed(), true);
}
