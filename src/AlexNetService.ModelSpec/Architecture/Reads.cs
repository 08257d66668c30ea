using System.Text.Json.Serialization;

namespace AlexNetService.ModelSpec.Architecture;

/// <summary>Where a column of a weighted layer takes its input from (Krizhevsky 2012 §3.2).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Reads>))]
public enum Reads
{
    /// <summary>The picture itself, which every column holds whole.</summary>
    Image,

    /// <summary>The maps of its own column; nothing moves between the devices.</summary>
    OwnColumn,

    /// <summary>The maps of both columns; the other column's maps are copied over.</summary>
    BothColumns,
}
