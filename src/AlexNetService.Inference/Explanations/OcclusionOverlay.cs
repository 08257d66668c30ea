using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Inference.Explanations;

/// <summary>An occlusion map drawn over its crop: red where covering lowers the probability, blue where it raises it.</summary>
public static class OcclusionOverlay
{
    private const float Strongest = 0.75f;
    private const int LeastSide = 256;

    private static readonly byte[] Red = [230, 40, 20];
    private static readonly byte[] Blue = [30, 90, 230];

    /// <param name="map">The map.</param>
    /// <returns>A PNG of the crop; small crops are enlarged by a whole number.</returns>
    public static byte[] Png(OcclusionMap map)
    {
        var crop = map.Crop.Span;
        var side = map.Grid.Crop;
        var heat = Heat(map);
        var largest = heat.Max(Math.Abs);
        var times = Math.Max(1, (LeastSide + side - 1) / side);
        var (large, plane) = (side * times, side * side);
        var picture = new byte[NetworkArchitecture.Channels * large * large];
        for (var pixel = 0; pixel < plane; pixel++)
        {
            // Luminance by Rec. 601.
            var grey = (0.299f * crop[pixel]) + (0.587f * crop[plane + pixel]) + (0.114f * crop[(2 * plane) + pixel]);
            var share = largest > 0 ? Strongest * Math.Abs(heat[pixel]) / largest : 0;
            var colour = heat[pixel] > 0 ? Red : Blue;
            for (var channel = 0; channel < colour.Length; channel++)
            {
                Fill((byte)Math.Round((grey * (1 - share)) + (colour[channel] * share)), channel, pixel);
            }
        }

        return CanvasEncoder.Png(picture, large);

        void Fill(byte value, int channel, int pixel)
        {
            var (top, left) = (pixel / side * times, pixel % side * times);
            for (var row = top; row < top + times; row++)
            {
                picture.AsSpan((((channel * large) + row) * large) + left, times).Fill(value);
            }
        }
    }

    /// <summary>[crop,crop], for each pixel the mean over the squares that covered it.</summary>
    private static float[] Heat(OcclusionMap map)
    {
        var falls = map.Falls.Span;
        var grid = map.Grid;
        var (heat, covered) = (new float[grid.Crop * grid.Crop], new int[grid.Crop * grid.Crop]);
        for (var place = 0; place < grid.Count; place++)
        {
            var (top, left) = (grid.Offsets[place / grid.Offsets.Count], grid.Offsets[place % grid.Offsets.Count]);
            for (var row = top; row < top + grid.Window; row++)
            {
                for (var column = left; column < left + grid.Window; column++)
                {
                    heat[(row * grid.Crop) + column] += falls[place];
                    covered[(row * grid.Crop) + column]++;
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
