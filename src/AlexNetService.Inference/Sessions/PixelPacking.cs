using System.Runtime.InteropServices;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>Turns planar RGB pixels into a row of the input tensor that a card describes. For one thread at a time.</summary>
internal sealed class PixelPacking
{
    private readonly Preprocessing input;
    private readonly int side;
    private readonly int plane;
    private readonly byte[] cut;

    // [3][256]: each channel's tensor value of each pixel value, (scale·pixel − mean) / std.
    private readonly float[][] values;

    /// <summary>Packs squares of a side, in pixels: crops or canvases.</summary>
    public PixelPacking(Preprocessing input, int side)
    {
        (this.input, this.side, plane) = (input, side, side * side);
        values = [.. Enumerable.Range(0, NetworkArchitecture.Channels).Select(Values)];
        cut = IsIdentity ? [] : new byte[NetworkArchitecture.Channels * plane];
    }

    /// <summary>Whether planar RGB is the tensor already, byte for byte.</summary>
    private bool IsIdentity => input is { Type: PixelType.UInt8, Channels: ChannelOrder.Rgb, Layout: TensorLayout.Nchw };

    /// <summary>An input tensor of squares, [count,3,side,side], 0..255, red plane first; to be disposed.</summary>
    public static OrtValue Tensor(Preprocessing input, int side, ReadOnlySpan<byte> squares)
    {
        var (packing, pixels) = (new PixelPacking(input, side), GraphTensor.OfPixels("", input, side));
        var count = squares.Length / pixels.Values;
        var tensor = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, pixels.Type, [count, .. pixels.RowShape]);
        var rows = tensor.GetTensorMutableRawData();
        for (var i = 0; i < count; i++)
        {
            packing.Pack(squares.Slice(i * pixels.Values, pixels.Values), rows.Slice(i * pixels.RowBytes, pixels.RowBytes));
        }

        return tensor;
    }

    /// <summary>Packs a square, [3,side,side], 0..255, red plane first, into a row of the input tensor.</summary>
    public void Pack(ReadOnlySpan<byte> pixels, Span<byte> row)
    {
        if (IsIdentity)
        {
            pixels.CopyTo(row);
            return;
        }

        for (var channel = 0; channel < NetworkArchitecture.Channels; channel++)
        {
            var from = input.Channels == ChannelOrder.Rgb ? channel : NetworkArchitecture.Channels - 1 - channel;
            var source = pixels.Slice(from * plane, plane);
            var (first, step) = input.Layout == TensorLayout.Nchw ? (channel * plane, 1) : (channel, NetworkArchitecture.Channels);
            if (input.Type == PixelType.UInt8)
            {
                for (var i = 0; i < source.Length; i++)
                {
                    row[first + (i * step)] = source[i];
                }
            }
            else
            {
                var tensor = MemoryMarshal.Cast<byte, float>(row);
                var table = values[channel];
                for (var i = 0; i < source.Length; i++)
                {
                    tensor[first + (i * step)] = table[source[i]];
                }
            }
        }
    }

    /// <summary>Packs a window of a canvas, [3,canvas,canvas], 0..255, red plane first.</summary>
    public void Pack(ReadOnlySpan<byte> canvas, CropWindow window, Span<byte> row)
    {
        if (IsIdentity)
        {
            window.CopyTo(canvas, input.Canvas, row, side);
            return;
        }

        window.CopyTo(canvas, input.Canvas, cut, side);
        Pack(cut, row);
    }

    private float[] Values(int channel) =>
    [
        .. Enumerable.Range(0, 256).Select(pixel =>
            (float)(((pixel * (input.Scale ?? 1)) - (input.Mean?[channel] ?? 0)) / (input.Std?[channel] ?? 1))),
    ];
}
