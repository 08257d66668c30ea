namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// The first layers of a network whose maps of a crop are a window of their maps of the whole canvas. They pad nothing, nothing in them
/// depends on the place in the crop, and their strides divide the crops' offsets. Serving computes them for the canvas and for its mirror
/// instead of for each of the ten crops, with the same numbers.
/// </summary>
/// <param name="Layers">Number of layers, from the first.</param>
/// <param name="Step">Canvas pixels between neighbouring places of the maps: the product of the strides.</param>
/// <param name="Crop">The maps of a crop.</param>
/// <param name="Canvas">The maps of the canvas.</param>
public sealed record SharedTrunk(int Layers, int Step, Shape Crop, Shape Canvas)
{
    /// <summary>The longest trunk of a table that ends in a pooling layer, or null if there is none.</summary>
    /// <exception cref="ArchitectureException">A layer does not fit the output of the preceding layers.</exception>
    public static SharedTrunk? Of(NetworkArchitecture architecture)
    {
        var (canvas, crop) = architecture.Geometry;
        if (architecture.MeanImage)
        {
            return null;
        }

        // The crops' offsets, on the canvas and on its mirror, are 0, far / 2 (rounded down) and far.
        var far = canvas - crop;
        var rows = architecture.Rows();
        var (step, side, trunk) = (1, canvas, default(SharedTrunk));
        for (var i = 0; i < rows.Count; i++)
        {
            var (window, stride) = rows[i].Layer switch
            {
                Convolution { Padding: 0, EdgePadding: 0 } convolution => (convolution.Kernel, convolution.Stride),
                MaxPooling pooling => (pooling.Window, pooling.Stride),
                Scaling or Standardisation or Nonlinearity or LocalResponseNormalisation => (1, 1),
                _ => (0, 0),
            };
            step *= stride;
            if (stride == 0 || far % step != 0 || far / 2 % step != 0)
            {
                break;
            }

            side = ((side - window) / stride) + 1;
            if (rows[i].Layer is MaxPooling)
            {
                trunk = new SharedTrunk(i + 1, step, rows[i].Output, rows[i].Output with { Height = side, Width = side });
            }
        }

        return trunk;
    }
}

/// <summary>
/// What crops share of the stage behind their trunk: a convolution that pads, layers in which nothing depends on the place, and pooling.
/// Where a pooled place reads no padding, it is a place of the canvas's maps too. Only the places at a crop's edge are its own.
/// </summary>
/// <param name="Trunk">The trunk. All sides here are in places of its maps of a crop, or of the pooled maps of one.</param>
/// <param name="Convolution">The first layer of the stage; its stride is 1.</param>
/// <param name="Pooling">The last layer of the stage.</param>
/// <param name="Pooled">The pooled maps of a crop.</param>
public sealed record SharedInside(SharedTrunk Trunk, Convolution Convolution, MaxPooling Pooling, Shape Pooled)
{
    /// <summary>The first pooled row, and the first column, that reads no padding.</summary>
    public int First => (Convolution.Padding + Pooling.Stride - 1) / Pooling.Stride;

    /// <summary>The last pooled row, and the last column, that reads no padding.</summary>
    public int Last => (Trunk.Crop.Height + Convolution.Padding - Convolution.Kernel - Pooling.Window + 1) / Pooling.Stride;

    /// <summary>
    /// Trunk and inside in one tensor. The pooling stride divides the trunk's maps into so many times more maps of so many times fewer
    /// rows and columns (SpaceToDepth), so that both have the same step; the inside's maps follow.
    /// </summary>
    public SharedTrunk Folded => new(
        Trunk.Layers, Trunk.Step * Pooling.Stride, Fold(Trunk.Crop), Fold(Trunk.Canvas));

    /// <summary>The stage behind a trunk, or null if crops share nothing of it.</summary>
    public static SharedInside? Of(NetworkArchitecture architecture, SharedTrunk trunk)
    {
        var stage = architecture.Rows().Skip(trunk.Layers).ToArray();
        var end = Array.FindIndex(stage, row => row.Layer is MaxPooling);
        if (end < 0
            || stage[0].Layer is not Convolution { Stride: 1, EdgePadding: 0 } convolution
            || stage[end].Layer is not MaxPooling pooling
            || !stage[1..end].All(row => row.Layer is Scaling or Standardisation or Nonlinearity or LocalResponseNormalisation))
        {
            return null;
        }

        var (canvas, crop) = architecture.Geometry;
        var (far, inside) = (canvas - crop, new SharedInside(trunk, convolution, pooling, stage[end].Output));
        var step = trunk.Step * pooling.Stride;
        return far % step == 0 && far / 2 % step == 0 && inside.First <= inside.Last ? inside : null;
    }

    /// <summary>The rows, or columns, of the trunk's maps that some pooled ones read, and the zeros before and behind them.</summary>
    public (int Begin, int End, int Before, int After) Read(int first, int last)
    {
        var begin = (Pooling.Stride * first) - Convolution.Padding;
        var end = (Pooling.Stride * last) + Pooling.Window - 1 - Convolution.Padding + Convolution.Kernel;
        var side = Trunk.Crop.Height;
        return (Math.Max(begin, 0), Math.Min(end, side), Math.Max(-begin, 0), Math.Max(end - side, 0));
    }

    private Shape Fold(Shape maps)
    {
        var (stride, side) = (Pooling.Stride, (maps.Height + Pooling.Stride - 1) / Pooling.Stride);
        return new Shape((maps.Maps * stride * stride) + Pooled.Maps, side, side);
    }
}
