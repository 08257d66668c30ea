using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Explanations;

/// <summary>How much a class depends on each part of a photograph's canvas, the square that the models see.</summary>
/// <param name="Probability">Its probability with nothing covered, 0 to 1: that of an ordinary answer.</param>
/// <param name="Fill">Red, green and blue of the square: the mean colour of the canvas.</param>
/// <param name="Falls">[rows,columns], how much the probability falls where the square is; below 0 where it rises.</param>
/// <param name="Canvas">[3,side,side] of the grid's side, with nothing covered, 0..255, red plane first.</param>
public sealed record OcclusionMap(
    ClassLabel Label,
    float Probability,
    OcclusionGrid Grid,
    ReadOnlyMemory<byte> Fill,
    ReadOnlyMemory<float> Falls,
    ReadOnlyMemory<byte> Canvas)
{
    private const float Strongest = 0.75f;
    private const int LeastSide = 256;

    private static readonly byte[] Red = [230, 40, 20];
    private static readonly byte[] Blue = [30, 90, 230];

    /// <summary>The largest fall, or 0 if the probability falls nowhere.</summary>
    public float LargestFall => Math.Max(0, Falls.ToArray().Max());

    /// <summary>
    /// The map drawn over its canvas as a PNG: red where covering lowers the probability, blue where it raises it. The colour is strongest
    /// where the whole probability is lost, so a map of small falls is nearly grey. Small canvases are enlarged by a whole number.
    /// </summary>
    public byte[] ToPng()
    {
        var canvas = Canvas.Span;
        var (side, heat) = (Grid.Canvas, Heat());
        var times = Math.Max(1, (LeastSide + side - 1) / side);
        var (large, plane) = (side * times, side * side);
        var picture = new byte[NetworkArchitecture.Channels * large * large];
        for (var pixel = 0; pixel < plane; pixel++)
        {
            // Luminance by Rec. 601.
            var grey = (0.299f * canvas[pixel]) + (0.587f * canvas[plane + pixel]) + (0.114f * canvas[(2 * plane) + pixel]);
            var share = Probability > 0 ? Strongest * Math.Min(1, Math.Abs(heat[pixel]) / Probability) : 0;
            var colour = heat[pixel] > 0 ? Red : Blue;
            for (var channel = 0; channel < colour.Length; channel++)
            {
                Paint((byte)Math.Round((grey * (1 - share)) + (colour[channel] * share)), channel, pixel);
            }
        }

        return CanvasEncoder.Png(picture, large);

        void Paint(byte value, int channel, int pixel)
        {
            var (top, left) = (pixel / side * times, pixel % side * times);
            for (var row = top; row < top + times; row++)
            {
                picture.AsSpan((((channel * large) + row) * large) + left, times).Fill(value);
            }
        }
    }

    /// <summary>[side,side], for each pixel the mean over the squares that covered it.</summary>
    private float[] Heat()
    {
        var (falls, grid) = (Falls, Grid);
        var (heat, covered) = (new float[grid.Canvas * grid.Canvas], new int[grid.Canvas * grid.Canvas]);
        for (var place = 0; place < grid.Count; place++)
        {
            var (top, left) = grid.At(place);
            for (var row = top; row < top + grid.Window; row++)
            {
                for (var column = left; column < left + grid.Window; column++)
                {
                    heat[(row * grid.Canvas) + column] += falls.Span[place];
                    covered[(row * grid.Canvas) + column]++;
                }
            }
        }

        for (var pixel = 0; pixel < heat.Length; pixel++)
        {
            // Strides wider than the square leave gaps.
            heat[pixel] /= Math.Max(1, covered[pixel]);
        }

        return heat;
    }
}
