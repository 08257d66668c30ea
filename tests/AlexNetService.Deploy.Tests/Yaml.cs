using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace AlexNetService.Deploy.Tests;

/// <summary>Reads YAML as JSON nodes; all scalars are strings, and anchors and merge keys are resolved.</summary>
internal static class Yaml
{
    private const string Merge = "<<";

    /// <summary>Reads a file with one document.</summary>
    /// <param name="path">Path relative to the repository's root.</param>
    public static JsonNode File(string path) => Documents(SourceTree.Text(path)).Single();

    public static IReadOnlyList<JsonNode> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => Node(document.RootNode))];
    }

    /// <summary>The node at a path, or null.</summary>
    public static JsonNode? Find(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }

    /// <summary>The node at a path.</summary>
    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public static JsonNode At(this JsonNode? node, params ReadOnlySpan<string> path) => node.Find(path)
        ?? throw new InvalidOperationException($"There is no {string.Join('.', path)} in {node?.ToJsonString()}.");

    /// <summary>The string at a path.</summary>
    public static string Text(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path).GetValue<string>();

    /// <summary>Items of the list at a path; none if there is no list.</summary>
    public static IEnumerable<JsonNode> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.Find(path) as JsonArray ?? []).OfType<JsonNode>();

    /// <summary>Names and strings of the mapping at a path; none if there is no mapping.</summary>
    public static Dictionary<string, string> Map(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.Find(path) as JsonObject ?? []).ToDictionary(entry => entry.Key, entry => entry.Value.Text(), StringComparer.Ordinal);

    private static JsonNode Node(YamlNode node) => node switch
    {
        YamlMappingNode mapping => Mapping(mapping),
        YamlSequenceNode list => new JsonArray([.. list.Select(Node)]),
        _ => JsonValue.Create(((YamlScalarNode)node).Value ?? ""),
    };

    private static JsonObject Mapping(YamlMappingNode mapping)
    {
        var result = new JsonObject();
        foreach (var (key, value) in mapping.Children.OrderByDescending(entry => Name(entry.Key) == Merge))
        {
            if (Name(key) != Merge)
            {
                result[Name(key)] = Node(value);
                continue;
            }

            foreach (var (name, merged) in Mapping((YamlMappingNode)value))
            {
                result[name] = merged?.DeepClone();
            }
        }

        return result;
    }

    private static string Name(YamlNode key) => ((YamlScalarNode)key).Value ?? "";
}
