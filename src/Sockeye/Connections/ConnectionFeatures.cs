using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>The features of a connection: what its owner implements, under whatever middleware has set over it.</summary>
/// <remarks>
/// Costs nothing until a middleware sets a feature, where a <see cref="FeatureCollection"/> would hold a filled dictionary for
/// every idle connection. Like every feature collection it is for one caller at a time.
/// </remarks>
internal sealed class ConnectionFeatures(object owner, Type[] possibleFeatures) : IFeatureCollection
{
    /// <summary>Few: searched faster than hashed, and far smaller.</summary>
    private (Type Key, object? Feature)[] _set = [];

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is >= 0 and var index ? _set[index].Feature : key.IsInstanceOfType(owner) ? owner : null;
        set
        {
            if (IndexOf(key) is >= 0 and var index)
                _set[index].Feature = value;
            else
                _set = [.. _set, (key, value)];
            Revision++;
        }
    }

    public TFeature? Get<TFeature>() =>
        IndexOf(typeof(TFeature)) is >= 0 and var index ? (TFeature?)_set[index].Feature : owner is TFeature own ? own : default;

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var type in possibleFeatures)
        {
            if (type.IsInstanceOfType(owner) && IndexOf(type) < 0)
                yield return new(type, owner);
        }

        foreach (var (type, feature) in _set)
        {
            if (feature is not null)
                yield return new(type, feature);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _set.Length; i++)
        {
            if (_set[i].Key == key)
                return i;
        }

        return -1;
    }
}
