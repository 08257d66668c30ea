namespace AlexNetService.Onnx.Graph;

/// <summary>The parts of an ONNX file around a graph: versions, origin, the declared inputs and outputs.</summary>
internal static class ModelFile
{
    // Every runtime since 2022 knows and fuses the operators of set 17; later sets only add element types to those used here. IR 8 is
    // the file format of the same release.
    private const int OperatorSet = 17;
    private const int IrVersion = 8;

    // The name of the variable first dimension: crops in one run.
    private const string Batch = "N";

    public static ModelProto Wrap(GraphProto graph, NetworkArchitecture architecture)
    {
        var (canvas, crop) = architecture.Geometry;
        return new ModelProto
        {
            IrVersion = IrVersion,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = OperatorSet } },
            ProducerName = nameof(AlexNetService),
            ProducerVersion = typeof(ModelFile).Assembly.GetName().Version?.ToString(3) ?? "",
            DocString = $"{architecture.Preset}: {architecture.Columns} columns merged, "
                + "group convolutions where a column reads its own maps. "
                + $"Raw RGB crops, {crop}×{crop}, from a canvas of {canvas}×{canvas}; the mean is subtracted inside.",
            MetadataProps =
            {
                Metadata("preset", architecture.Preset),
                Metadata("columns", architecture.Columns.ToString(CultureInfo.InvariantCulture)),
                Metadata("canvas", canvas.ToString(CultureInfo.InvariantCulture)),
                Metadata("crop", crop.ToString(CultureInfo.InvariantCulture)),
            },
            Graph = graph,
        };
    }

    /// <summary>Reads the graph of a package's whole network.</summary>
    /// <exception cref="InvalidPackageException">It is not an ONNX file.</exception>
    public static ModelProto Read(ModelPackage package)
    {
        try
        {
            using var stream = File.OpenRead(package.GraphPath);
            return ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidPackageException(package.Folder, $"{package.Card.Graph.File} is not an ONNX file: {e.Message}", e);
        }
    }

    public static ValueInfoProto Floats(string name) => new()
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float } },
    };

    /// <summary>A declared input or output, [N, dimensions…].</summary>
    public static ValueInfoProto Value(
        string name, TensorProto.Types.DataType type, string documentation, params ReadOnlySpan<int> dimensions)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = Batch } } };
        foreach (var dimension in dimensions)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = dimension });
        }

        return new ValueInfoProto
        {
            Name = name,
            DocString = documentation,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    /// <summary>A declared input or output of maps of any size, [N, maps, height, width].</summary>
    public static ValueInfoProto OpenMaps(
        string name, TensorProto.Types.DataType type, string documentation, int maps, string height, string width)
    {
        var value = Value(name, type, documentation, maps);
        value.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = height });
        value.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = width });
        return value;
    }

    private static StringStringEntryProto Metadata(string key, string value) => new() { Key = key, Value = value };
}
