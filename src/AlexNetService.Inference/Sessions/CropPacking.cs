using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Sessions;

/// <summary>Turns planar RGB pixels into what a card's input tensor holds.</summary>
internal sealed class CropPacking
{
    private readonly Preprocessing input;
    private readonly int plane;

    // [3][256]: each channel's tensor value of each pixel value, (scale·pixel − mean) / std.
    private readonly float[][] values;

    /// <param name="input">What the card says of the tensor.</param>
    /// <param name="side">Side of the squares that are packed, in pixels: crops, or canvases.</param>
    public CropPacking(Preprocessing input, int side)
    {
        this.input = input;
        Side = side;
        plane = side * side;
        values = [.. Enumerable.Range(0, NetworkArchitecture.Channels).Select(Values)];
    }

    /// <summary>Side of the squares, in pixels.</summary>
    public int Side { get; }

    /// <summary>Values of one square.</summary>
    public int CropValues => NetworkArchitecture.Channels * plane;

    /// <summary>Whether planar RGB is the tensor already, byte for byte.</summary>
    public bool IsIdentity => input is { Type: PixelType.UInt8, Channels: ChannelOrder.Rgb, Layout: TensorLayout.Nchw };

    /// <param name="crop">[3,side,side], 0..255, red plane first.</param>
    /// <param name="tensor">One row of the input tensor, in the card's layout.</param>
    public void ToBytes(ReadOnlySpan<byte> crop, Span<byte> tensor)
    {
        for (var channel = 0; channel < NetworkArchitecture.Channels; channel++)
        {
            var source = crop.Slice(SourcePlane(channel) * plane, plane);
            var (first, step) = Place(channel);
            for (var i = 0; i < source.Length; i++)
            {
                tensor[first + (i * step)] = source[i];
            }
        }
    }

    /// <param name="crop">[3,side,side], 0..255, red plane first.</param>
    /// <param name="tensor">One row of the input tensor, in the card's layout.</param>
    public void ToFloats(ReadOnlySpan<byte> crop, Span<float> tensor)
    {
        for (var channel = 0; channel < NetworkArchitecture.Channels; channel++)
        {
            var source = crop.Slice(SourcePlane(channel) * plane, plane);
            var (first, step) = Place(channel);
            var table = values[channel];
            for (var i = 0; i < source.Length; i++)
            {
                tensor[first + (i * step)] = table[source[i]];
            }
        }
    }

    private int SourcePlane(int channel) => input.Channels == ChannelOrder.Rgb ? channel : NetworkArchitecture.Channels - 1 - channel;

    private (int First, int Step) Place(int channel) =>
        input.Layout == TensorLayout.Nchw ? (channel * plane, 1) : (channel, NetworkArchitecture.Channels);

    private float[] Values(int channel) =>
    [
        .. Enumerable.Range(0, 256).Select(pixel =>
            (float)(((pixel * (input.Scale ?? 1)) - (input.Mean?[channel] ?? 0)) / (input.Std?[channel] ?? 1))),
    ];
}
