// JDBC, by pgJDBC; prepareThreshold=1: every statement with parameters is prepared by the server from the first time on.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

public class Jdbc {
  static final String[] VIEWS = {"lead_scores", "lead_engagement", "account_engagement", "contact_engagement"};
  static final int TIMES = 7;
  static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  static String shown(Object value) {
    if (value == null) return "NULL";
    if (value instanceof Boolean) return (Boolean) value ? "t" : "f";
    if (value instanceof Double) return String.format("%016x", Double.doubleToLongBits((Double) value));
    if (value instanceof Timestamp) {
      Timestamp time = (Timestamp) value;
      return Long.toString(time.getTime() / 1000 * 1000000 + time.getNanos() / 1000);
    }
    return value.toString();
  }

  static void columns(Connection connection, String view) throws Exception {
    Map<String, String> classes = new HashMap<>();
    try (ResultSet rows = connection.createStatement().executeQuery("SELECT * FROM leadscore." + view)) {
      ResultSetMetaData columns = rows.getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); i++) classes.put(columns.getColumnName(i), columns.getColumnClassName(i));
    }
    try (ResultSet columns = connection.getMetaData().getColumns(null, "leadscore", view, null)) {
      while (columns.next()) {
        String name = columns.getString("COLUMN_NAME");
        out.println(String.join("\t", "column", view, name, columns.getString("TYPE_NAME"), classes.get(name).replaceAll(".*\\.", "")));
        out.println(String.join("\t", "comment", view, name, shown(columns.getString("REMARKS"))));
      }
    }
  }

  static List<String> rows(PreparedStatement statement, String name) throws Exception {
    List<String> lines = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        StringBuilder line = new StringBuilder("row\t" + name);
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) line.append('\t').append(shown(rows.getObject(i)));
        lines.add(line.toString());
      }
    }
    return lines;
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, String> environment = System.getenv();
    Properties properties = new Properties();
    properties.setProperty("user", "leadscore_bi");
    properties.setProperty("password", environment.get("DRIVERS_PASSWORD"));
    properties.setProperty("prepareThreshold", "1");
    String address = "jdbc:postgresql://127.0.0.1:" + environment.get("DRIVERS_PORT") + "/" + environment.get("PGDATABASE");
    try (Connection connection = DriverManager.getConnection(address, properties)) {
      for (String view : VIEWS) columns(connection, view);
      for (String line : Files.readAllLines(Path.of(arguments[0]))) {
        String[] parts = line.split("\\|");
        try (PreparedStatement statement = connection.prepareStatement(parts[1])) {
          for (int i = 2; i < parts.length; i++) {
            if (parts[i].startsWith("int:")) statement.setInt(i - 1, Integer.parseInt(parts[i].substring(4)));
            else statement.setString(i - 1, parts[i].substring(5));
          }
          List<String> first = rows(statement, parts[0]);
          for (int i = 1; i < TIMES; i++) if (!rows(statement, parts[0]).equals(first)) out.println("differs\t" + parts[0]);
          first.forEach(out::println);
        }
      }
    }
  }
}
