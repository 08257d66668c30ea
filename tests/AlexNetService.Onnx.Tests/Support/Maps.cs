namespace AlexNetService.Onnx.Tests.Support;

/// <summary>
/// One crop's activations in double precision and every operation of the network written out as its definition says, slowly.
/// This is what the graphs are measured against.
/// </summary>
internal sealed record Maps(double[] Values, int Count, int Height, int Width)
{
    public static Maps Of(ReadOnlySpan<float> values, int count, int height, int width)
    {
        var copy = new double[values.Length];
        for (var i = 0; i < copy.Length; i++)
        {
            copy[i] = values[i];
        }

        return new Maps(copy, count, height, width);
    }

    /// <summary>Each of the groups' output maps reads the maps of its group only.</summary>
    public Maps Convolve(float[] weight, float[] bias, int kernel, int stride, int padding, int groups)
    {
        var (inGroup, outGroup) = (Count / groups, bias.Length / groups);
        var side = ((Height + (2 * padding) - kernel) / stride) + 1;
        var output = new double[bias.Length * side * side];
        for (var map = 0; map < bias.Length; map++)
        {
            var firstInput = map / outGroup * inGroup;
            for (var place = 0; place < side * side; place++)
            {
                var (top, left) = ((place / side * stride) - padding, (place % side * stride) - padding);
                double sum = bias[map];
                for (var input = 0; input < inGroup; input++)
                {
                    for (var y = Math.Max(0, -top); y < Math.Min(kernel, Height - top); y++)
                    {
                        var row = ((((firstInput + input) * Height) + top + y) * Width) + left;
                        var weights = ((((map * inGroup) + input) * kernel) + y) * kernel;
                        for (var x = Math.Max(0, -left); x < Math.Min(kernel, Width - left); x++)
                        {
                            sum += weight[weights + x] * Values[row + x];
                        }
                    }
                }

                output[(map * side * side) + place] = sum;
            }
        }

        return new Maps(output, bias.Length, side, side);
    }

    public Maps Rectify() => this with { Values = [.. Values.Select(value => Math.Max(0, value))] };

    /// <summary>a / (k + α·Σ a²)^β over n maps inside each column (Krizhevsky 2012 §3.3).</summary>
    public Maps Normalise(int columns, int n, double k, double alpha, double beta)
    {
        var (plane, inColumn) = (Height * Width, Count / columns);
        var output = new double[Values.Length];
        for (var map = 0; map < Count; map++)
        {
            var column = map / inColumn * inColumn;
            var first = Math.Max(column, map - (n / 2));
            var last = Math.Min(column + inColumn - 1, map + (n / 2));
            for (var place = 0; place < plane; place++)
            {
                double sum = 0;
                for (var neighbour = first; neighbour <= last; neighbour++)
                {
                    var a = Values[(neighbour * plane) + place];
                    sum += a * a;
                }

                output[(map * plane) + place] = Values[(map * plane) + place] / Math.Pow(k + (alpha * sum), beta);
            }
        }

        return this with { Values = output };
    }

    public Maps Pool(int window, int stride)
    {
        var (height, width) = (((Height - window) / stride) + 1, ((Width - window) / stride) + 1);
        var output = new double[Count * height * width];
        for (var i = 0; i < output.Length; i++)
        {
            var (map, y, x) = (i / (height * width), i / width % height * stride, i % width * stride);
            var largest = double.NegativeInfinity;
            for (var place = 0; place < window * window; place++)
            {
                largest = Math.Max(largest, Values[(((map * Height) + y + (place / window)) * Width) + x + (place % window)]);
            }

            output[i] = largest;
        }

        return new Maps(output, Count, height, width);
    }

    /// <summary>Units of a group read the values of that group's maps only.</summary>
    public Maps Connect(float[] weight, float[] bias, int groups)
    {
        var (reads, units) = (Values.Length / groups, bias.Length / groups);
        var output = new double[bias.Length];
        for (var unit = 0; unit < output.Length; unit++)
        {
            double sum = bias[unit];
            for (var i = 0; i < reads; i++)
            {
                sum += weight[((long)unit * reads) + i] * Values[(unit / units * reads) + i];
            }

            output[unit] = sum;
        }

        return new Maps(output, output.Length, 1, 1);
    }

    public double[] Softmax()
    {
        var largest = Values.Max();
        var exponentials = Values.Select(value => Math.Exp(value - largest)).ToArray();
        var sum = exponentials.Sum();
        return [.. exponentials.Select(value => value / sum)];
    }
}
