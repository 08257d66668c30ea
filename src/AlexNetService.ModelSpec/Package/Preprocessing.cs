using System.Text.Json.Serialization;

namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// From photograph to tensor: shorter side to <see cref="Canvas"/>, centre canvas, crops of <see cref="Crop"/>, then the layout
/// below. Packages exported by this software take raw uint8 RGB and normalise inside the graph, so their
/// <see cref="Scale"/>, <see cref="Mean"/> and <see cref="Std"/> are null.
/// </summary>
public sealed record Preprocessing
{
    /// <summary>Side of the square canvas, in pixels.</summary>
    public required int Canvas { get; init; }

    /// <summary>Side of the square crops, in pixels.</summary>
    public required int Crop { get; init; }

    /// <summary>Order of the colour channels.</summary>
    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    /// <summary>Element type of the input tensor.</summary>
    public PixelType Type { get; init; } = PixelType.UInt8;

    /// <summary>Order of the input tensor's dimensions.</summary>
    public TensorLayout Layout { get; init; } = TensorLayout.Nchw;

    /// <summary>Factor on the 0..255 pixel, applied first; null means 1. Float input only.</summary>
    public double? Scale { get; init; }

    /// <summary>Three values subtracted after scaling, in the order of <see cref="Channels"/>; null means 0. Float input only.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>Three values divided by last, in the order of <see cref="Channels"/>; null means 1. Float input only.</summary>
    public IReadOnlyList<double>? Std { get; init; }
}

/// <summary>Order of the colour channels.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChannelOrder>))]
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    [JsonStringEnumMemberName("RGB")]
    Rgb,

    /// <summary>Blue, green, red, as OpenCV and Caffe have it.</summary>
    [JsonStringEnumMemberName("BGR")]
    Bgr,
}

/// <summary>Element type of the input tensor.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PixelType>))]
public enum PixelType
{
    /// <summary>0..255, raw.</summary>
    [JsonStringEnumMemberName("uint8")]
    UInt8,

    /// <summary>32-bit floats, normalised as the card says.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,
}

/// <summary>Order of the input tensor's dimensions.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TensorLayout>))]
public enum TensorLayout
{
    /// <summary>Crop, channel, row, column.</summary>
    [JsonStringEnumMemberName("NCHW")]
    Nchw,

    /// <summary>Crop, row, column, channel.</summary>
    [JsonStringEnumMemberName("NHWC")]
    Nhwc,
}
