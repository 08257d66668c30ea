using System.Text.Json.Serialization;

namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// The same network as two graphs, so that the ten crops of a canvas can share their first layers: the trunk computes the maps of a whole
/// canvas, and the maps of a crop are a window of them (see <see cref="Architecture.SharedTrunk"/>). The trunk takes crops as well, whose
/// maps are the window itself.
/// </summary>
/// <param name="Trunk">Pixels [N,3,side,side], side being that of a canvas or a crop, in the tensor type of the card → maps.</param>
/// <param name="Rest">Maps of crops [N,maps,window,window] → the outputs that the card names.</param>
/// <param name="Maps">Name of the tensor between the two: the trunk's only output, the rest's only input.</param>
/// <param name="Type">Element type of the maps.</param>
/// <param name="Count">Number of maps.</param>
/// <param name="CanvasSide">Side of a canvas's maps.</param>
/// <param name="CropSide">Side of a crop's window of them.</param>
/// <param name="Step">Pixels of the canvas between neighbouring places of the maps; every offset of a crop is a multiple of it.</param>
public sealed record SplitGraph(
    GraphFile Trunk, GraphFile Rest, string Maps, MapType Type, int Count, int CanvasSide, int CropSide, int Step);

/// <summary>Element type of the maps between trunk and rest.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MapType>))]
public enum MapType
{
    /// <summary>32-bit floats.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,

    /// <summary>Quantized to a byte; scale and zero point stand in the graphs.</summary>
    [JsonStringEnumMemberName("uint8")]
    UInt8,

    /// <summary>16-bit floats.</summary>
    [JsonStringEnumMemberName("float16")]
    Float16,
}
