namespace AlexNetService.Onnx.Graph;

/// <summary>
/// Moves what crops share of the stage behind the trunk (<see cref="SharedInside"/>) into the trunk. The trunk then runs that stage on its
/// maps without padding. The rest runs it on four strips at the edges of a crop's maps, and puts strips and inside together. All numbers
/// are those of the whole graph.
/// </summary>
internal sealed class InsideSharing
{
    private const string Shared = "shared";
    private const int Maps = 1;
    private const int Rows = 2;
    private const int Columns = 3;

    private readonly SharedInside inside;
    private readonly SplitGraph split;
    private readonly GraphProto trunk;
    private readonly GraphProto rest;

    // The stage: what depends on the trunk's maps, and what only depends on weights.
    private readonly NodeProto[] stage;
    private readonly NodeProto[] weights;
    private readonly string end;
    private readonly bool endsInBytes;

    private InsideSharing(SharedInside inside, SplitGraph split, GraphProto trunk, GraphProto rest)
    {
        (this.inside, this.split, this.trunk, this.rest) = (inside, split, trunk, rest);
        var pooling = rest.Node.First(node => node.OpType == "MaxPool");
        var bytes = rest.Node.FirstOrDefault(node => node.OpType == "QuantizeLinear" && node.Input[0] == pooling.Output[0]);
        (end, endsInBytes) = ((bytes ?? pooling).Output[0], bytes is not null);
        var makers = GraphCut.Makers(rest, end);
        var changing = new HashSet<string> { split.Maps };
        stage = [.. rest.Node.Where(node => makers.Contains(node) && node.Input.Any(changing.Contains) && changing.Add(node.Output[0]))];
        weights = [.. rest.Node.Where(node => makers.Contains(node) && !changing.Contains(node.Output[0]))];
    }

    /// <summary>Changes both graphs of a cut.</summary>
    /// <param name="split">The cut between trunk and rest.</param>
    /// <returns>
    /// The cut with the inside's maps behind the trunk's, or the same cut if nothing changed because only the trunk's maps are bytes.
    /// </returns>
    public static SplitGraph Apply(SharedInside inside, SplitGraph split, GraphProto trunk, GraphProto rest)
    {
        var sharing = new InsideSharing(inside, split, trunk, rest);
        if (split.Type == MapType.UInt8 && !sharing.endsInBytes)
        {
            // Both kinds of maps are one tensor.
            return split;
        }

        sharing.ExtendTrunk();
        sharing.ShortenRest();
        var folded = inside.Folded;
        return split with
        {
            Maps = Shared,
            Count = folded.Crop.Maps,
            CanvasSide = folded.Canvas.Height,
            CropSide = folded.Crop.Height,
            Step = folded.Step,
        };
    }

    private int Stride => inside.Pooling.Stride;

    private int FoldedMaps => inside.Trunk.Crop.Maps * Stride * Stride;

    private int FoldedSide => inside.Folded.Crop.Height;

    private void ExtendTrunk()
    {
        trunk.Node.AddRange(weights.Select(node => node.Clone()));
        var read = weights.Concat(stage).SelectMany(node => node.Input).ToHashSet();
        trunk.Initializer.AddRange(rest.Initializer
            .Where(tensor => read.Contains(tensor.Name) && trunk.Initializer.All(there => there.Name != tensor.Name))
            .Select(tensor => tensor.Clone()));
        var begin = inside.Read(inside.First, inside.Last).Begin;
        var maps = Slice(trunk, split.Maps, "unpadded", [Rows, Columns], [begin, begin], [long.MaxValue, long.MaxValue], [1, 1]);
        var pooled = Stage(trunk, maps, "inside", 0, 0, 0, 0);

        // A canvas's maps lack as many rows to a multiple of the stride as a crop's do.
        var padded = Pad(split.Maps, (FoldedSide * Stride) - inside.Trunk.Crop.Height);
        string[] parts =
        [
            .. from row in Enumerable.Range(0, Stride)
               from column in Enumerable.Range(0, Stride)
               select Slice(
                   trunk, padded, $"folded{row}{column}", [Rows, Columns], [row, column], [long.MaxValue, long.MaxValue], [Stride, Stride]),
            Pad(pooled, FoldedSide - (inside.Last - inside.First + 1)),
        ];
        trunk.Node.Add(OnnxNode.Of("Concat", parts, Shared, OnnxNode.Int("axis", Maps)));
        trunk.Output[0] = ModelFile.OpenMaps(
            Shared, TypeOf(trunk.Output[0]), "maps that crops share", inside.Folded.Crop.Maps, "rows", "columns");
    }

    private void ShortenRest()
    {
        var type = TypeOf(rest.Input[0]);
        NodeProto[] later = [.. rest.Node.Except(stage).Except(weights)];
        rest.Node.Clear();
        rest.Node.AddRange(weights);
        var folded = Slice(rest, Shared, "folded", [Maps], [0], [FoldedMaps], [1]);
        rest.Node.Add(OnnxNode.Of("DepthToSpace", [folded], split.Maps, OnnxNode.Int("blocksize", Stride)));
        var (first, last, size, final) = (inside.First, inside.Last, inside.Last - inside.First + 1, inside.Pooled.Height - 1);
        var middle = Slice(rest, Shared, "inside", [Maps, Rows, Columns], [FoldedMaps, 0, 0], [long.MaxValue, size, size], [1, 1, 1]);
        Join(Columns, "middle", Strip("left", (first, last), (0, first - 1)), middle, Strip("right", (first, last), (last + 1, final)));
        Join(Rows, end, Strip("top", (0, first - 1), (0, final)), "middle", Strip("bottom", (last + 1, final), (0, final)));
        rest.Node.AddRange(later);
        rest.Input[0] = ModelFile.Value(
            Shared, type, "the crops' windows of the trunk's maps", inside.Folded.Crop.Maps, FoldedSide, FoldedSide);
    }

    private void Join(int axis, string output, params string?[] parts) =>
        rest.Node.Add(OnnxNode.Of("Concat", parts.OfType<string>(), output, OnnxNode.Int("axis", axis)));

    /// <summary>The stage for some pooled rows and columns of a crop, or null where there are none.</summary>
    private string? Strip(string name, (int First, int Last) rows, (int First, int Last) columns)
    {
        if (rows.First > rows.Last || columns.First > columns.Last)
        {
            return null;
        }

        var (top, bottom, above, below) = inside.Read(rows.First, rows.Last);
        var (left, right, before, after) = inside.Read(columns.First, columns.Last);
        var maps = Slice(rest, split.Maps, $"{split.Maps}.{name}", [Rows, Columns], [top, left], [bottom, right], [1, 1]);
        return Stage(rest, maps, name, above, before, below, after);
    }

    /// <summary>Adds a copy of the stage that reads some maps, with other padding.</summary>
    private string Stage(GraphProto graph, string maps, string name, params long[] padding)
    {
        var made = stage.Select(node => node.Output[0]).ToHashSet();
        foreach (var node in stage)
        {
            var copy = OnnxNode.Of(
                node.OpType,
                node.Input.Select(input => input == split.Maps ? maps : made.Contains(input) ? $"{input}.{name}" : input),
                $"{node.Output[0]}.{name}",
                [.. node.Attribute.Select(attribute => attribute.Name == "pads" ? OnnxNode.Ints("pads", padding) : attribute.Clone())]);
            graph.Node.Add(copy);
        }

        return $"{end}.{name}";
    }

    /// <summary>Adds zeros at the right and at the bottom.</summary>
    private string Pad(string maps, int count)
    {
        if (count == 0)
        {
            return maps;
        }

        var output = maps + ".padded";
        trunk.Node.Add(OnnxNode.Of("Pad", [maps, Constant(trunk, output + ".pads", [0, 0, 0, 0, 0, 0, count, count])], output));
        return output;
    }

    private static string Slice(GraphProto graph, string maps, string name, long[] axes, long[] begin, long[] end, long[] steps)
    {
        graph.Node.Add(OnnxNode.Of(
            "Slice",
            [
                maps, Constant(graph, name + ".begin", begin), Constant(graph, name + ".end", end), Constant(graph, name + ".axes", axes),
                Constant(graph, name + ".steps", steps),
            ],
            name));
        return name;
    }

    private static string Constant(GraphProto graph, string name, long[] values) =>
        GraphWriter.AddConstant(graph, name, DataType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values));

    private static DataType TypeOf(ValueInfoProto value) => (DataType)value.Type.TensorType.ElemType;
}
