namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// From photograph to tensor: the shorter side is scaled to <see cref="Canvas"/>, the centre is cut, crops of <see cref="Crop"/> are cut
/// from it and laid out as below. Packages exported by this software read raw uint8 RGB and normalise inside the graph, so their
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

    /// <summary>Three divisors, applied last, in the order of <see cref="Channels"/>; null means 1. Float input only.</summary>
    public IReadOnlyList<double>? Std { get; init; }
}

/// <summary>Order of the colour channels.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChannelOrder>))]
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    [JsonStringEnumMemberName("RGB")]
    Rgb,

    /// <summary>Blue, green, red, as in OpenCV and Caffe.</summary>
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

    /// <summary>32-bit floats, normalised with the card's scale, mean and std.</summary>
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
