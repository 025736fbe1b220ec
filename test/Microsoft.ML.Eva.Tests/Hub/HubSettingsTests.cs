using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

public sealed class HubSettingsTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("eva-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private HubSettings From(params (string Name, string Value)[] variables) =>
        HubSettings.From(name => variables.FirstOrDefault(v => v.Name == name).Value, _home);

    private string Under(params string[] parts) => Path.Combine([_home, .. parts]);

    [Fact]
    public void From_Nothing_IsThePublicHubAndTheUsualCache()
    {
        var settings = From();
        Assert.Equal("https://huggingface.co/", settings.Endpoint.ToString());
        Assert.Equal(Under(".cache", "huggingface", "hub"), settings.CacheFolder);
        Assert.Null(settings.Token);
        Assert.False(settings.IsOffline);
        Assert.True(settings.UsesSymbolicLinks);
    }

    [Fact]
    public void From_CacheVariables_HavePythonsPrecedence()
    {
        Assert.Equal(Path.Combine("/x", "huggingface", "hub"), From(("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal(Path.Combine("/h", "hub"), From(("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")).CacheFolder);
        Assert.Equal("/old", From(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old")).CacheFolder);
        Assert.Equal("/new", From(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")).CacheFolder);
        Assert.Equal(Path.Combine("/h", "hub"), From(("HF_HOME", "/h"), ("HF_HUB_CACHE", "")).CacheFolder);
    }

    [Fact]
    public void From_FolderWithVariablesAndTilde_IsExpanded()
    {
        Assert.Equal(Under("models"), From(("HF_HUB_CACHE", "~/models")).CacheFolder);
        Assert.Equal("/data/me/models/$UNSET", From(("HF_HUB_CACHE", "/data/${USER}/$DIR/$UNSET"), ("USER", "me"), ("DIR", "models")).CacheFolder);
        Assert.Equal("/data/me", From(("HF_HUB_CACHE", "/data/%USER%"), ("USER", "me")).CacheFolder);
    }

    [Theory]
    [InlineData("HF_HUB_OFFLINE", "1", true)]
    [InlineData("HF_HUB_OFFLINE", "true", true)]
    [InlineData("HF_HUB_OFFLINE", "Yes", true)]
    [InlineData("HF_HUB_OFFLINE", "on", true)]
    [InlineData("HF_HUB_OFFLINE", "0", false)]
    [InlineData("HF_HUB_OFFLINE", "", false)]
    [InlineData("TRANSFORMERS_OFFLINE", "1", true)]
    public void From_OfflineVariables_AreRead(string name, string value, bool isOffline) =>
        Assert.Equal(isOffline, From((name, value)).IsOffline);

    [Fact]
    public void From_Token_ComesFromVariableThenFile()
    {
        Directory.CreateDirectory(Under(".cache", "huggingface"));
        File.WriteAllText(Under(".cache", "huggingface", "token"), "hf_file\n");
        File.WriteAllText(Under("other"), "hf_other");
        Assert.Equal("hf_file", From().Token);
        Assert.Equal("hf_other", From(("HF_TOKEN_PATH", "~/other")).Token);
        Assert.Equal("hf_legacy", From(("HUGGING_FACE_HUB_TOKEN", "hf_legacy")).Token);
        Assert.DoesNotContain("hf_file", From().ToString(), StringComparison.Ordinal);
        Assert.Equal("hf_set", From(("HUGGING_FACE_HUB_TOKEN", "hf_legacy"), ("HF_TOKEN", " hf_set ")).Token);
        Assert.Null(From(("HF_TOKEN", "hf_set"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token);
        Assert.Null(From().OverriddenBy(new HubOptions { Token = "" }).Token);
    }

    [Fact]
    public void From_TokenWithLineBreak_IsRefusedWithoutShowingIt()
    {
        var e = Assert.Throws<ArgumentException>(() => From(("HF_TOKEN", "hf_a\r\nX-Evil: 1")));
        Assert.Contains("HF_TOKEN", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_a", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://mirror.test/hf/", "http://mirror.test/hf/")]
    [InlineData("https://mirror.test", "https://mirror.test/")]
    public void From_Endpoint_EndsWithOneSlash(string value, string endpoint) =>
        Assert.Equal(endpoint, From(("HF_ENDPOINT", value)).Endpoint.ToString());

    [Theory]
    [InlineData("mirror.test")]
    [InlineData("ftp://mirror.test")]
    [InlineData("https://user:secret@mirror.test")]
    [InlineData("https://mirror.test?x")]
    public void From_BadEndpoint_NamesTheVariableAndNoPassword(string value)
    {
        var e = Assert.Throws<ArgumentException>(() => From(("HF_ENDPOINT", value)));
        Assert.Contains("HF_ENDPOINT", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_DisableSymlinks_IsRead() => Assert.False(From(("HF_HUB_DISABLE_SYMLINKS", "1")).UsesSymbolicLinks);
}
